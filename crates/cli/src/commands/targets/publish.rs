//! What is left of the lists, as files for Prometheus, and what is remembered for the next run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use promsieve_core::health::{Fleet, Machine, Standing};

use super::beside;
use super::lists::{Group, List, Listing, machine_of};
use crate::input::replace::write_new;
use crate::output::json::SCHEMA;
use crate::output::view::targets::{RememberedView, StateView};

/// Where files go, and what they hold.
pub(super) struct Publisher {
    out: PathBuf,
    /// Whether each list has a file of its own.
    is_directory: bool,
    state: PathBuf,
    written: BTreeMap<PathBuf, String>,
}

impl Publisher {
    /// Decides where files go.
    ///
    /// # Errors
    /// Several lists for one file, which would mix their jobs.
    pub(super) fn new(out: &Path, state: Option<&Path>, first: &Listing) -> anyhow::Result<Self> {
        let is_directory = out.is_dir() || out.as_os_str().to_string_lossy().ends_with('/');
        let names: Vec<&str> = first.lists.iter().map(|list| list.name.as_str()).collect();
        ensure!(
            is_directory || names.len() == 1,
            "there are {} lists ({}): name a directory with `--out`, or one `--job`",
            names.len(),
            names.join(", ")
        );
        if is_directory {
            fs::create_dir_all(out)
                .with_context(|| format!("cannot make the directory `{}`", out.display()))?;
        }
        let state = match state {
            Some(path) => path.to_owned(),
            None if is_directory => out.join("promsieve.state"),
            None => beside(out, ".state"),
        };
        Ok(Self { out: out.to_owned(), is_directory, state, written: BTreeMap::new() })
    }

    /// Writes what has changed. What is remembered comes first: a run that ends between the two knows
    /// when it is started again that a machine is out, and the file follows.
    ///
    /// # Errors
    /// A file that cannot be written; the old one is then as it was.
    pub(super) fn write(&mut self, lists: &[List], fleet: &Fleet) -> anyhow::Result<()> {
        self.write_file(&self.state.clone(), remembered(fleet)?)?;
        for list in lists {
            let left = serde_json::to_string_pretty(&left(list, fleet))?;
            self.write_file(&self.path(list), left + "\n")?;
        }
        Ok(())
    }

    fn write_file(&mut self, path: &Path, text: String) -> anyhow::Result<()> {
        if self.written.get(path) != Some(&text) {
            write_new(path, &text)?;
            self.written.insert(path.to_owned(), text);
        }
        Ok(())
    }

    fn path(&self, list: &List) -> PathBuf {
        if self.is_directory {
            self.out.join(format!("{}.json", list.name))
        } else {
            self.out.clone()
        }
    }

    /// The files that targets are written to.
    pub(super) fn files(&self, lists: &[List]) -> Vec<String> {
        lists.iter().map(|list| self.path(list).display().to_string()).collect()
    }

    /// What an earlier run remembered; nothing if there was none.
    ///
    /// # Errors
    /// A file that is not what an earlier run wrote.
    pub(super) fn remembered(&self) -> anyhow::Result<Vec<(String, Machine)>> {
        let name = self.state.display();
        let text = match fs::read_to_string(&self.state) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.with_context(|| format!("cannot read `{name}`"))?,
        };
        let state: StateView = serde_json::from_str(&text).with_context(|| {
            format!("`{name}` is not what `promsieve targets` remembers: remove it to start anew")
        })?;
        ensure!(state.schema == SCHEMA, "`{name}` was written by another version: remove it");
        Ok(state.machines.into_iter().map(machine).collect())
    }
}

/// The groups without the targets of machines that are out; a group that is empty then goes.
fn left(list: &List, fleet: &Fleet) -> Vec<Group> {
    let is_in = |target: &String| !is_out(fleet, machine_of(target).0);
    let groups = list.groups.iter().map(|group| Group {
        targets: group.targets.iter().filter(|target| is_in(target)).cloned().collect(),
        labels: group.labels.clone(),
    });
    groups.filter(|group| !group.targets.is_empty()).collect()
}

/// Whether a machine's targets are taken out.
pub(super) fn is_out(fleet: &Fleet, machine: &str) -> bool {
    fleet.machine(machine).is_some_and(|machine| machine.standing == Standing::Out)
}

/// Machines of which there is something to remember.
fn remembered(fleet: &Fleet) -> anyhow::Result<String> {
    let worth = |machine: &Machine| machine.removals > 0 || machine.streak > 0;
    let machines = fleet.machines().filter(|(_, it)| worth(it)).map(|(name, it)| RememberedView {
        machine: name.to_owned(),
        removed: it.standing == Standing::Out,
        since: it.since,
        streak: it.streak,
        removals: it.removals,
    });
    let state = StateView { schema: SCHEMA, machines: machines.collect() };
    Ok(serde_json::to_string_pretty(&state)? + "\n")
}

fn machine(view: RememberedView) -> (String, Machine) {
    let standing = if view.removed { Standing::Out } else { Standing::In };
    let RememberedView { machine, since, streak, removals, .. } = view;
    (machine, Machine { standing, since, streak, removals, held: false })
}
