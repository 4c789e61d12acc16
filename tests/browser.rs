//! Opens a page in headless Chromium: what its console says, what it renders, how it looks.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use promsieve_lab::real::TempDir;

/// A cold start on a busy machine with two cores takes up to ten seconds.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(1);

/// `--no-sandbox`: it refuses to run as root with its sandbox.
pub(crate) const FLAGS: [&str; 5] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-dev-shm-usage",
];

/// What opening a page showed.
#[derive(Debug)]
pub(crate) struct PageReport {
    /// Every message on the console: uncaught exceptions, and whatever the page logged. Chromium
    /// writes all levels alike, and a report has nothing to log.
    pub(crate) console_errors: Vec<String>,
    /// The page's HTML after its scripts ran.
    pub(crate) dom: String,
}

/// The browser; `None`, said on stderr, where none can be installed, unless `CI=true`.
pub(crate) fn browser() -> Option<PathBuf> {
    match xtask::browser::install() {
        Ok(browser) => Some(browser),
        Err(failure) => {
            let ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(!ci, "the browser is missing: {failure}");
            eprintln!("SKIPPED: no browser: {failure}");
            None
        }
    }
}

/// Opens the file; `None` where [`browser`] is.
pub(crate) fn check_page(html: &Path) -> Option<PageReport> {
    let (dom, log) = run(html, &["--dump-dom".to_owned()])?;
    Some(PageReport { console_errors: console_messages(&log), dom })
}

/// Saves a picture of the file as `png`; whether there is a browser to do so.
pub(crate) fn screenshot(html: &Path, png: &Path, width: u32, height: u32, dark: bool) -> bool {
    let png_path = std::path::absolute(png).unwrap();
    let args = [
        format!("--screenshot={}", png_path.display()),
        format!("--window-size={width},{height}"),
        "--hide-scrollbars".to_owned(),
        // Blink's enumeration of `prefers-color-scheme`: 0 is dark, 1 is light.
        format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)),
    ];
    let Some((_, log)) = run(html, &args) else { return false };
    assert!(png_path.exists(), "Chromium wrote no {}:\n{log}", png_path.display());
    true
}

/// stdout and stderr of one run of the browser.
fn run(html: &Path, args: &[String]) -> Option<(String, String)> {
    let browser = browser()?;
    let html = html.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", html.display()));
    let dir = TempDir::new("browser").unwrap();
    let (stdout, stderr) = (dir.path().join("stdout"), dir.path().join("stderr"));
    let mut child = Command::new(browser)
        .args(FLAGS)
        .args(["--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", dir.path().join("profile").display()))
        .args(args)
        .arg(format!("file://{}", html.display()))
        .stdin(Stdio::null())
        .stdout(File::create(&stdout).unwrap())
        .stderr(File::create(&stderr).unwrap())
        .spawn()
        .unwrap();
    let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let deadline = Instant::now() + TIMEOUT;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            panic!("Chromium took more than {TIMEOUT:?}:\n{}", read(&stderr));
        }
        thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "Chromium ended with {status}:\n{}", read(&stderr));
    Some((read(&stdout), read(&stderr)))
}

/// The messages in Chromium's log, where one looks like
/// `[1:1:0101/000000.1:INFO:CONSOLE:3] "text", source: file:///page.html (3)`.
fn console_messages(log: &str) -> Vec<String> {
    log.split(":CONSOLE")
        .skip(1)
        .filter_map(|entry| entry.split_once("] "))
        .map(|(_, rest)| rest.split_once(", source: ").map_or(rest, |(message, _)| message))
        .map(|message| message.trim().trim_matches('"').to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "<!doctype html><meta charset=utf-8><title>t</title>\
        <style>body{background:#fff}@media(prefers-color-scheme:dark){body{background:#000}}</style>\
        <body><script>document.body.append('rendered ' + (1 + 1))</script></body>";

    fn page(html: &str) -> (TempDir, PathBuf) {
        let dir = TempDir::new("page").unwrap();
        let file = dir.write("page.html", html).unwrap();
        (dir, file)
    }

    #[test]
    fn a_good_page_renders_in_silence() {
        let (_dir, file) = page(GOOD);
        let Some(report) = check_page(&file) else { return };
        assert_eq!(report.console_errors, [""; 0]);
        assert!(report.dom.contains("rendered 2"), "{}", report.dom);
    }

    #[test]
    fn console_errors_are_caught() {
        let (_dir, file) =
            page("<!doctype html><script>console.error('deliberate\\nerror'); null.x</script>");
        let Some(report) = check_page(&file) else { return };
        let [logged, thrown] = report.console_errors.as_slice() else { panic!("{report:?}") };
        assert_eq!(logged, "deliberate\nerror");
        assert!(thrown.starts_with("Uncaught TypeError"), "{thrown}");
    }

    #[test]
    fn screenshots_have_the_size_and_the_colours_asked_for() {
        let (dir, file) = page(GOOD);
        let (light, dark) = (dir.path().join("light.png"), dir.path().join("dark.png"));
        if !screenshot(&file, &light, 320, 240, false) {
            return;
        }
        assert!(screenshot(&file, &dark, 320, 240, true));
        let (light, dark) = (fs::read(light).unwrap(), fs::read(dark).unwrap());
        // A PNG's width and height follow its eight-byte signature and the chunk's length and name.
        for png in [&light, &dark] {
            assert_eq!(&png[16..24], [0, 0, 1, 64, 0, 0, 0, 240]);
        }
        assert_ne!(light, dark, "the page is the same in dark mode");
    }
}
