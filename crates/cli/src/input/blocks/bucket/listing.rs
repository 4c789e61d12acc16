//! What a list of objects says of the blocks of a bucket, in the layouts of Thanos and of Mimir.
//!
//! Thanos keeps `ULID/meta.json`, `ULID/index`, `ULID/chunks/…` and marks blocks to be deleted with
//! `ULID/deletion-mark.json`. Mimir has the same below a folder a tenant, copies the marks to
//! `markers/ULID-deletion-mark.json` there, and lists what queries see in `bucket-index.json.gz`.

use std::collections::{BTreeMap, BTreeSet};

use object_store::ObjectMeta;
use serde::Deserialize;

/// The list of a tenant's blocks.
const BUCKET_INDEX: &str = "bucket-index.json.gz";
/// A folder of marks.
const MARKERS: &str = "markers";
const MARK: &str = "deletion-mark.json";

/// The files of blocks, and what stands beside them.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// By folder and ULID.
    pub(super) blocks: BTreeMap<(String, String), Files>,
    /// The bucket index of a folder.
    pub(super) indexes: BTreeMap<String, ObjectMeta>,
    /// Folders of tenants.
    tenants: BTreeSet<String>,
    /// Marked blocks by folder and ULID.
    marked: BTreeSet<(String, String)>,
}

/// The objects of a block that are read.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    pub(super) meta: Option<ObjectMeta>,
    pub(super) index: Option<ObjectMeta>,
    pub(super) tombstones: Option<ObjectMeta>,
}

impl Listing {
    /// Takes in an object; most, such as chunks, are none of these.
    pub(super) fn add(&mut self, object: ObjectMeta) {
        let parts: Vec<String> =
            object.location.parts().map(|part| part.as_ref().to_owned()).collect();
        let Some((file, folders)) = parts.split_last() else { return };
        let joined = |folders: &[String]| folders.join("/");
        match folders {
            [above @ .., ulid] if is_ulid(ulid) => {
                let key = (joined(above), ulid.clone());
                if file == MARK {
                    self.marked.insert(key);
                    return;
                }
                let files = match file.as_str() {
                    "meta.json" => &mut self.blocks.entry(key).or_default().meta,
                    "index" => &mut self.blocks.entry(key).or_default().index,
                    "tombstones" => &mut self.blocks.entry(key).or_default().tombstones,
                    _ => return,
                };
                *files = Some(object);
            }
            [above @ .., markers] if markers == MARKERS => {
                self.tenants.insert(joined(above));
                if let Some(ulid) = file.strip_suffix(MARK).and_then(|it| it.strip_suffix('-')) {
                    self.marked.insert((joined(above), ulid.to_owned()));
                }
            }
            folder if file == BUCKET_INDEX => {
                self.tenants.insert(joined(folder));
                self.indexes.insert(joined(folder), object);
            }
            _ => {}
        }
    }

    /// Takes a folder for a tenant's.
    pub(super) fn add_tenant(&mut self, folder: &str) {
        self.tenants.insert(folder.to_owned());
    }

    /// The tenant of a folder, where it is one's.
    pub(super) fn tenant<'a>(&self, folder: &'a str) -> Option<&'a str> {
        let is_tenant = self.tenants.contains(folder);
        is_tenant.then(|| folder.rsplit('/').next().unwrap_or(folder))
    }

    /// Whether a block is marked for deletion.
    pub(super) fn is_marked(&self, block: &(String, String)) -> bool {
        self.marked.contains(block)
    }

    /// Takes in a bucket index, unpacked: the blocks that it names are all of its tenant's.
    ///
    /// # Errors
    /// What is wrong with it, in words for the user.
    pub(super) fn add_index(&mut self, folder: &str, json: &[u8]) -> Result<(), String> {
        let index: BucketIndex = serde_json::from_slice(json)
            .map_err(|error| format!("this is no list of a tenant's blocks: {error}"))?;
        let named: BTreeSet<String> = index.blocks.into_iter().map(|it| it.block_id).collect();
        self.blocks.retain(|(at, ulid), _| at != folder || named.contains(ulid));
        let marks = index.block_deletion_marks.into_iter();
        self.marked.extend(marks.map(|mark| (folder.to_owned(), mark.block_id)));
        Ok(())
    }
}

/// What Mimir's compactor writes every 15 minutes, as far as it is read; versions 1 to 3 have it.
#[derive(Deserialize)]
struct BucketIndex {
    #[serde(default)]
    blocks: Vec<Named>,
    #[serde(default)]
    block_deletion_marks: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    block_id: String,
}

/// Whether a folder has the name of a block: 26 digits of Crockford's base 32.
fn is_ulid(name: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
    name.len() == 26 && name.bytes().all(|it| digit(it) && !b"ILOU".contains(&it))
}

#[cfg(test)]
mod tests {
    use object_store::path::Path;

    use super::*;

    const A: &str = "01M8E0000000000000000PRMSV";
    const B: &str = "01M8E0000000000000000PRMSW";

    fn listing(objects: &[String]) -> Listing {
        let mut listing = Listing::default();
        for path in objects {
            listing.add(ObjectMeta {
                location: Path::from(path.as_str()),
                last_modified: std::time::SystemTime::UNIX_EPOCH.into(),
                size: 1,
                e_tag: None,
                version: None,
            });
        }
        listing
    }

    #[test]
    fn the_layout_of_thanos() {
        let files = ["meta.json", "index", "chunks/000001", "tombstones", "no-compact-mark.json"];
        let mut objects: Vec<String> = files.iter().map(|file| format!("p/{A}/{file}")).collect();
        objects.push(format!("p/{B}/deletion-mark.json"));
        objects.push("p/debug/metas/x.json".to_owned());
        let listing = listing(&objects);
        let block = ("p".to_owned(), A.to_owned());
        let files = &listing.blocks[&block];
        assert!(files.meta.is_some() && files.index.is_some() && files.tombstones.is_some());
        assert_eq!(listing.blocks.len(), 1);
        assert!(!listing.is_marked(&block) && listing.is_marked(&("p".to_owned(), B.to_owned())));
        assert_eq!(listing.tenant("p"), None);
    }

    #[test]
    fn the_layout_of_mimir() {
        let mut listing = listing(&[
            format!("t/1/{A}/index"),
            format!("t/1/{B}/index"),
            "t/1/bucket-index.json.gz".to_owned(),
            format!("t/2/markers/{B}-deletion-mark.json"),
            format!("t/2/{B}/index"),
        ]);
        assert_eq!((listing.tenant("t/1"), listing.tenant("t/2")), (Some("1"), Some("2")));
        assert!(listing.is_marked(&("t/2".to_owned(), B.to_owned())));
        assert_eq!(listing.blocks.len(), 3);
        let index = format!(
            r#"{{"version": 2, "updated_at": 1, "blocks": [{{"block_id": "{A}", "min_time": 1}}],
                "block_deletion_marks": [{{"block_id": "{A}", "deletion_time": 1}}]}}"#
        );
        listing.add_index("t/1", index.as_bytes()).unwrap();
        let left: Vec<&str> = listing.blocks.keys().map(|(folder, _)| folder.as_str()).collect();
        assert_eq!(left, ["t/1", "t/2"]);
        assert!(listing.is_marked(&("t/1".to_owned(), A.to_owned())));
        let error = listing.add_index("t/1", b"[").unwrap_err();
        assert!(error.starts_with("this is no list of a tenant's blocks"), "{error}");
    }
}
