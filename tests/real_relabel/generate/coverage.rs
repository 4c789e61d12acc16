//! That the generator leaves nothing out: each field in each form beside each action, and each
//! action with and without an effect.

use std::collections::{BTreeMap, BTreeSet};

use promsieve_core::relabel::{Action, Did, Field, Outcome, Program, RawStep, Scratch, StepField};
use promsieve_core::series::LabelBuf;
use promsieve_core::server::{NameScheme, Server};
use promsieve_lab::real::Version;

use super::Case;
use promsieve_lab::random::Random;

/// How a field is written.
fn form(step: &RawStep, field: StepField) -> &'static str {
    fn of<T>(field: &Field<T>) -> &'static str {
        match field {
            Field::Absent => "absent",
            Field::Null => "null",
            Field::Set(_) => "set",
        }
    }
    match field {
        StepField::SourceLabels => of(&step.source_labels),
        StepField::Separator => of(&step.separator),
        StepField::TargetLabel => of(&step.target_label),
        StepField::Regex => of(&step.regex),
        StepField::Modulus => of(&step.modulus),
        StepField::Replacement => of(&step.replacement),
        StepField::Action => of(&step.action),
        StepField::If => of(&step.selectors),
        StepField::Match => of(&step.graphite),
        StepField::Labels => of(&step.labels),
    }
}

fn action(step: &RawStep) -> Option<Action> {
    match &step.action {
        Field::Absent => Some(Action::Replace),
        Field::Null => None,
        Field::Set(text) => Action::parse(text),
    }
}

/// The actions of Prometheus; those that only vmagent has are compared with vmagent.
fn prometheus_actions() -> impl Iterator<Item = Action> {
    Action::all().filter(|action| action.is_in(Server::prometheus(3, 5)))
}

#[test]
fn every_field_is_written_in_every_form_beside_every_action() {
    let random = &mut Random::new(1);
    let mut seen = BTreeMap::new();
    for _ in 0..40_000 {
        for step in Case::generate(random, 0).steps {
            let Some(action) = action(&step) else { continue };
            for field in StepField::ALL {
                *seen.entry((action, field, form(&step, field))).or_insert(0) += 1;
            }
        }
    }
    for action in prometheus_actions() {
        for field in StepField::ALL {
            for form in ["absent", "null", "set"] {
                // A null action is none, and without one a step is `replace`.
                let possible = field != StepField::Action
                    || form == "set"
                    || (form == "absent" && action == Action::Replace);
                let count = seen.get(&(action, field, form)).copied().unwrap_or(0);
                assert!(count > 0 || !possible, "{action} with {field:?} {form}: never");
            }
        }
    }
}

#[test]
fn every_action_has_an_effect_and_has_none() {
    for version in Version::ALL {
        let server: Server = version.name().parse().unwrap();
        let (mut acts, mut passes) = (BTreeSet::new(), BTreeSet::new());
        let (mut chains, mut refused, mut dropped, mut targets) = (0, 0, 0, 0);
        let random = &mut Random::new(1);
        for _ in 0..2000 {
            let case = Case::generate(random, 4);
            chains += 1;
            let steps: Result<Vec<_>, _> =
                case.steps.iter().map(|step| step.validate(server, NameScheme::Utf8)).collect();
            let Ok(steps) = steps else {
                refused += 1;
                continue;
            };
            let program = Program::compile(&steps);
            for at in 0..case.targets.len() {
                let mut labels = LabelBuf::new();
                for (name, value) in case.discovered(version, 0, at) {
                    labels.set(&name, &value);
                }
                let (outcome, trace) = program.apply_traced(&mut Scratch::new(), &mut labels);
                targets += 1;
                dropped += usize::from(outcome != Outcome::Kept);
                for (step, did) in steps.iter().zip(trace) {
                    let none = matches!(did, Did::Nothing | Did::Passed | Did::InvalidName(_));
                    if none { &mut passes } else { &mut acts }.insert(step.action());
                }
            }
        }
        let always = [Action::HashMod, Action::Lowercase, Action::Uppercase];
        for action in prometheus_actions() {
            assert!(acts.contains(&action), "{server}: {action} never acts");
            assert_eq!(passes.contains(&action), !always.contains(&action), "{server}: {action}");
        }
        println!("{server}: {refused} of {chains} chains refused, {dropped} of {targets} dropped");
        assert!(refused > chains / 20 && refused < chains / 2, "{refused} of {chains} refused");
        assert!(dropped > targets / 10 && dropped < targets * 3 / 4, "{dropped} of {targets}");
    }
}
