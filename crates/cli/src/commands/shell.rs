//! `promsieve completions` and `promsieve man`: made of the definition of the arguments.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

use crate::Status;
use crate::args::definition;
use crate::input::replace::write_new;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(crate) fn completions(args: &CompletionsArgs, out: &mut impl Write) -> anyhow::Result<Status> {
    // The generator panics when it cannot write: it writes into memory.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut definition(), "promsieve", &mut text);
    out.write_all(&text)?;
    Ok(Status::Clean)
}

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// A directory for `promsieve.1`, `promsieve-lint.1` and the others
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn man(args: &ManArgs, out: &mut impl Write) -> anyhow::Result<Status> {
    let mut whole = definition();
    whole.build();
    let Some(directory) = &args.dir else {
        clap_mangen::Man::new(whole).render(out)?;
        return Ok(Status::Clean);
    };
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make `{}`", directory.display()))?;
    let commands = whole.get_subcommands().filter(|command| !command.is_hide_set());
    let mut pages = vec![("promsieve".to_owned(), whole.clone())];
    for command in commands.filter(|command| command.get_name() != "help") {
        let name = format!("promsieve-{}", command.get_name());
        pages.push((name, command.clone()));
    }
    for (name, command) in pages {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        let page = String::from_utf8(page).context("a page is no text")?;
        write_new(&directory.join(format!("{name}.1")), &page)?;
    }
    Ok(Status::Clean)
}
