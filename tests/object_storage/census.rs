//! The census of a bucket is that of the same blocks on disk, reads little more than it needs, and
//! comes through what networks do.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use crate::blocks::{BLOCKS, needed, two_replicas};
use crate::bucket::{Bucket, SECRET, promsieve};
use crate::proxy::{Fault, Proxy};

/// A census as JSON without the places of its blocks, and what was said besides.
pub(crate) fn census(address: &str, source: &str, args: &[&str]) -> (Value, String) {
    let output =
        promsieve(address).args(["census", "--format", "json", source]).args(args).output();
    let Output { status, stdout, stderr } = output.unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.success(), "{said}");
    assert!(!said.contains(SECRET) && !String::from_utf8_lossy(&stdout).contains(SECRET));
    let mut view: Value = serde_json::from_slice(&stdout).unwrap();
    for block in view["blocks"].as_array_mut().into_iter().flatten() {
        let place = block["source"].as_str().unwrap();
        block["source"] = Path::new(place).file_name().unwrap().to_str().unwrap().into();
    }
    (view, said)
}

#[test]
fn a_bucket_is_counted_as_its_blocks_on_disk() {
    let (Some(blocks), Some(bucket)) = (two_replicas(), Bucket::start()) else { return };
    let disk = blocks.path().join("bucket");
    let disk = disk.to_str().unwrap();
    bucket.put_all(Path::new(disk), "thanos");
    let saved = |name: &str| blocks.path().join(name).to_str().unwrap().to_owned();
    for (number, args) in [&[][..], &["--replica-label", "replica"], &["--summary", "--churn"]]
        .into_iter()
        .enumerate()
    {
        let files = [saved(&format!("disk{number}")), saved(&format!("bucket{number}"))];
        let proxy = Proxy::before(&bucket.address, |_, _| Fault::None);
        let save = |file| [args, &["--save", file]].concat();
        let (wanted, _) = census(&proxy.address, disk, &save(&files[0]));
        let (found, said) = census(&proxy.address, "s3://metrics/thanos", &save(&files[1]));
        assert_eq!(found, wanted, "{args:?}");
        assert!(fs::read(&files[0]).unwrap() == fs::read(&files[1]).unwrap(), "{args:?}");
        assert_eq!(found["blocks"].as_array().unwrap().len(), 2 * BLOCKS);
        let (read, needed) = (proxy.bytes(), needed(Path::new(disk)));
        assert!(read * 10 <= needed * 12, "{read} bytes read, {needed} needed");
        assert!(said.contains(&format!("{read} bytes in ")), "{said}");
    }
}

#[test]
fn replicas_count_once_without_their_label() {
    let Some(blocks) = two_replicas() else { return };
    let disk = blocks.path().join("bucket");
    let count = |args: &[&str]| census("", disk.to_str().unwrap(), args).0["series"].clone();
    let once = count(&["--replica-label", "replica"]).as_u64().unwrap();
    assert_eq!(count(&[]).as_u64().unwrap(), 2 * once);
    assert_eq!(once, 1201);
}

#[test]
fn errors_slow_answers_and_torn_ones_change_nothing() {
    let (Some(blocks), Some(bucket)) = (two_replicas(), Bucket::start()) else { return };
    let disk = blocks.path().join("bucket");
    bucket.put_all(&disk, "thanos");
    let (wanted, _) = census("", disk.to_str().unwrap(), &[]);
    let proxy = Proxy::before(&bucket.address, |number, _| match number % 7 {
        1 => Fault::Error,
        3 => Fault::Truncated,
        5 => Fault::Short,
        6 if number % 5 == 0 => Fault::Slow(Duration::from_secs(3)),
        _ => Fault::None,
    });
    let (found, _) = census(&proxy.address, "s3://metrics/thanos", &["--timeout", "1"]);
    assert_eq!(found, wanted);
    assert!(proxy.faults() > 100, "{}", proxy.faults());
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_counted() {
    let (Some(blocks), Some(bucket)) = (two_replicas(), Bucket::start()) else { return };
    let disk = blocks.path().join("bucket");
    bucket.put_all(&disk, "thanos");
    let lost = crate::blocks::blocks(&disk)[3].file_name().unwrap().to_str().unwrap().to_owned();
    let path = format!("{lost}/index");
    let proxy = Proxy::before(&bucket.address, move |_, asked| {
        if asked.contains(&path) { Fault::Refused } else { Fault::None }
    });
    let mut command = promsieve(&proxy.address);
    let output =
        command.args(["census", "s3://metrics/thanos", "--format", "json"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains(&format!("error: s3://metrics/thanos/{lost}: index: the store refuses it"))
    );
    assert!(said.contains("SignatureDoesNotMatch") && !said.contains(SECRET), "{said}");
    let view: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(view["blocks"].as_array().unwrap().len(), 2 * BLOCKS - 1);
}

#[test]
fn a_store_that_refuses_is_told_without_secrets() {
    let proxy = Proxy::before("127.0.0.1:9", |_, _| Fault::Refused);
    let output =
        promsieve(&proxy.address).args(["census", "s3://metrics/thanos"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(
        said.contains("s3://metrics/thanos: the store refuses it: check the credentials"),
        "{said}"
    );
    assert!(!said.contains(SECRET), "{said}");
}
