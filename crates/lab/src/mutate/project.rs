//! What a mutant is made of: configurations with what stands beside them, and their findings.

use promsieve_core::census::{Census, CensusOptions};
use promsieve_core::config::{self, Kind};
use promsieve_core::finding::Severity;
use promsieve_core::flow;
use promsieve_core::ingest::exposition::{Format, Reader};
use promsieve_core::lint::{Facts, Member, Settings, lint};
use promsieve_core::series::{TableBuilder, Target};
use promsieve_core::server::Server;
use promsieve_core::text::{FileId, SourceText, Sources};
use promsieve_core::watch::Unwatched;

/// Configurations with what is known beside them.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// What the configurations are.
    pub kind: Kind,
    /// The configuration that is linted, and the rest of its fleet.
    pub configs: Vec<String>,
    /// Rule files of the first one.
    pub rules: Vec<String>,
    /// Scrapes of its jobs.
    pub scrapes: Vec<Scrape>,
}

/// A page of a job's target.
#[derive(Debug, Clone, Default)]
pub struct Scrape {
    /// The job's name.
    pub job: String,
    /// The target's `instance`.
    pub instance: String,
    /// The page in the text format.
    pub page: String,
}

/// A finding on its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The rule's code.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Which text it is in: the configurations, then the rule files.
    pub text: usize,
    /// The line, counted from 1.
    pub line: u32,
    /// What it says.
    pub message: String,
}

impl Project {
    /// A project of one Prometheus configuration.
    pub fn of(config: impl Into<String>) -> Self {
        Self { configs: vec![config.into()], ..Self::default() }
    }

    /// Everything that is found in it, as `promsieve lint` finds it.
    pub fn findings(&self) -> Vec<Found> {
        let mut sources = Sources::default();
        let mut add = |text: &String| sources.add(SourceText::new("file.yml", text.as_str()));
        let files: Vec<FileId> = self.configs.iter().chain(&self.rules).map(&mut add).collect();
        let (configs, rules) = files.split_at(self.configs.len());
        let server = Server::default();
        let mut read = configs.iter().map(|file| {
            let (project, findings) = config::read(self.kind, *file, sources.file(*file), server);
            (project, findings)
        });
        let Some((mut project, mut reading)) = read.next() else { return Vec::new() };
        let others: Vec<_> = read.map(|(project, _)| project).collect();
        for file in rules {
            reading.extend(project.add_rule_file(*file, sources.file(*file)));
        }
        let exposed = self.exposed();
        let samples = exposed.as_ref().map(|exposed| flow::run(&project, exposed));
        let census = samples
            .as_ref()
            .map(|(_, stored)| Census::of(&stored.table, CensusOptions::default(), &Unwatched));
        let members = std::iter::once(&project).chain(&others);
        let fleet: Vec<Member<'_>> =
            members.map(|project| Member { name: "file.yml", project }).collect();
        let facts = Facts {
            flow: samples.as_ref().map(|(_, stored)| &stored.report),
            attached: samples.as_ref().map(|(attached, _)| attached),
            census: census.as_ref(),
            fleet: &fleet,
            ..Facts::new(&sources, &reading)
        };
        let found = lint(&project, &facts, &Settings::default());
        let place = |finding: promsieve_core::finding::Finding| {
            let at = finding.location?;
            Some(Found {
                rule: finding.rule.code,
                severity: finding.severity,
                text: files.iter().position(|file| *file == at.file)?,
                line: sources.file(at.file).position(at.span.start).line,
                message: finding.message,
            })
        };
        found.into_iter().filter_map(place).collect()
    }

    fn exposed(&self) -> Option<promsieve_core::series::Table> {
        let mut builder = TableBuilder::default();
        for scrape in &self.scrapes {
            let pair = |name: &str, value: &String| (name.to_owned(), value.clone());
            let labels = vec![pair("instance", &scrape.instance), pair("job", &scrape.job)];
            builder.target(Target { job: scrape.job.clone(), labels });
            let mut reader = Reader::new(Format::Text);
            reader.feed(scrape.page.as_bytes(), &mut builder);
            reader.finish(&mut builder);
        }
        (!self.scrapes.is_empty()).then(|| builder.finish())
    }
}
