//! `--keep`: a run that is killed in the middle goes on where it ended.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::blocks::{BLOCKS, two_replicas};
use crate::bucket::{Bucket, promsieve};
use crate::census::census;
use crate::proxy::{Fault, Proxy};

/// The names of blocks whose census is kept.
fn kept(directory: &Path) -> Vec<String> {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = files.map(|file| file.file_name().into_string().unwrap());
    let whole = names.filter(|name| name.ends_with(".census"));
    let mut blocks: Vec<String> =
        whole.map(|name| name.split('.').next().unwrap().to_owned()).collect();
    blocks.sort();
    blocks
}

#[test]
fn a_run_that_is_killed_goes_on_where_it_was() {
    let (Some(blocks), Some(bucket)) = (two_replicas(), Bucket::start()) else { return };
    let disk = blocks.path().join("bucket");
    bucket.put_all(&disk, "thanos");
    let keep = blocks.path().join("kept");
    let args = ["--keep", keep.to_str().unwrap(), "--replica-label", "replica"];

    // The indexes of the later half do not come.
    let names: Vec<String> = crate::blocks::blocks(&disk)
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    let late = names[BLOCKS..].to_vec();
    let proxy = Proxy::before(&bucket.address, move |_, path| {
        let is_late = path.ends_with("/index") && late.iter().any(|name| path.contains(name));
        if is_late { Fault::Held } else { Fault::None }
    });
    let mut command = promsieve(&proxy.address);
    command.args(["census", "s3://metrics/thanos"]).args(args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while kept(&keep).len() < BLOCKS / 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop(proxy);

    let before = kept(&keep);
    let proxy = Proxy::before(&bucket.address, |_, _| Fault::None);
    let (found, _) = census(&proxy.address, "s3://metrics/thanos", &args);
    let asked = proxy.paths();
    for name in &names {
        let is_asked = asked.iter().any(|path| path.ends_with(&format!("{name}/index")));
        assert_ne!(is_asked, before.contains(name), "{name}");
    }
    assert_eq!(kept(&keep), names);
    let (mut wanted, _) = census("", disk.to_str().unwrap(), &args[2..]);
    // Of blocks that are kept only the census is.
    assert!(found["blocks"].is_null());
    wanted["blocks"] = Value::Null;
    assert_eq!(found, wanted);

    // Nothing has changed: nothing is read. Then one block has.
    let proxy = Proxy::before(&bucket.address, |_, _| Fault::None);
    census(&proxy.address, "s3://metrics/thanos", &args);
    assert!(!proxy.paths().iter().any(|path| path.ends_with("/index")));
    let meta = fs::read_to_string(disk.join(&names[7]).join("meta.json")).unwrap();
    bucket.put(&format!("thanos/{}/meta.json", names[7]), format!("{meta}\n").as_bytes());
    census(&proxy.address, "s3://metrics/thanos", &args);
    let again = proxy.paths();
    let again: Vec<&String> = again.iter().filter(|path| path.ends_with("/index")).collect();
    assert!(!again.is_empty() && again.iter().all(|path| path.contains(&names[7])), "{again:?}");
    assert_eq!(kept(&keep), names, "the older census of a block is gone");
}
