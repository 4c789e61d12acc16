//! The bank: its services, who calls whom, which pods run at which time.

use super::random::{of, pick, suffix};

/// What a mesh is made from.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How many services there are.
    pub services: usize,
    /// What everything follows from.
    pub seed: u64,
}

const NAMESPACES: [(&str, [&str; 6]); 10] = [
    ("payments", ["payment", "transfer", "sepa", "instant", "clearing", "standing-order"]),
    ("accounts", ["account", "balance", "statement", "booking", "interest", "overdraft"]),
    ("cards", ["card", "card-pin", "card-limit", "authorisation", "chargeback", "wallet"]),
    ("loans", ["loan", "mortgage", "collateral", "scoring", "repayment", "dunning"]),
    ("identity", ["customer", "login", "consent", "kyc", "device", "session"]),
    ("fraud", ["fraud", "sanction", "alerting", "pattern", "case", "watchlist"]),
    ("channels", ["mobile", "web", "branch", "partner", "psd2", "atm"]),
    ("documents", ["document", "archive", "signature", "template", "scan", "mailroom"]),
    ("markets", ["order", "quote", "portfolio", "custody", "fx", "dividend"]),
    ("notifications", ["mail", "push", "sms", "inbox", "campaign", "preference"]),
];
const ROLES: [&str; 8] =
    ["api", "service", "worker", "gateway", "store", "adapter", "scheduler", "rules"];

/// One service and what it is made of at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Service {
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) namespace: &'static str,
    /// What its paths are about, such as `payment`.
    pub(super) noun: &'static str,
    /// Its releases so far: grows from snapshot to snapshot.
    pub(super) release: u64,
    pub(super) grpc: bool,
}

impl Service {
    /// Its version, as its pods are labelled.
    pub(super) fn version(&self) -> String {
        format!("v{}.{}", 1 + self.release / 10, self.release % 10)
    }

    /// Its name inside the cluster.
    pub(super) fn host(&self) -> String {
        format!("{}.{}.svc.cluster.local", self.name, self.namespace)
    }

    pub(super) fn principal(&self) -> String {
        format!("spiffe://cluster.local/ns/{}/sa/{}", self.namespace, self.name)
    }
}

/// One pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pod {
    pub(super) name: String,
    pub(super) ip: String,
    pub(super) node: usize,
}

/// The mesh at one time.
pub(super) struct Mesh {
    pub(super) seed: u64,
    /// Which snapshot this is, from 1; time goes on with it.
    pub(super) time: u64,
    pub(super) services: Vec<Service>,
    /// For each service whom it calls, ascending.
    pub(super) calls: Vec<Vec<usize>>,
    /// For each service who calls it, ascending.
    pub(super) callers: Vec<Vec<usize>>,
}

impl Mesh {
    pub(super) fn at(plan: Plan, time: u64) -> Self {
        let services: Vec<Service> =
            (0..plan.services).map(|index| service(plan.seed, index, time)).collect();
        let calls: Vec<Vec<usize>> =
            (0..services.len()).map(|from| callees(plan.seed, &services, from)).collect();
        let mut callers = vec![Vec::new(); services.len()];
        for (from, targets) in calls.iter().enumerate() {
            for to in targets {
                callers[*to].push(from);
            }
        }
        Self { seed: plan.seed, time, services, calls, callers }
    }

    /// The namespaces that have services.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &'static str> {
        NAMESPACES.iter().map(|(name, _)| *name).take(self.services.len())
    }

    /// Pod `replica` of a service in its present release: a new release has new pods.
    pub(super) fn pod(&self, service: &Service, replica: u64) -> Pod {
        let index = service.index as u64;
        let set = suffix(of(self.seed, &[11, index, service.release]), 9);
        let own = suffix(of(self.seed, &[12, index, service.release, replica]), 5);
        let address = (index * 8 + service.release % 8) * 64 + replica % 64 + 1;
        Pod {
            name: format!("{}-{set}-{own}", service.name),
            ip: ip("10", 32, address),
            node: (of(self.seed, &[13, address]) % self.nodes()) as usize,
        }
    }

    /// The waypoint proxy of a namespace.
    pub(super) fn waypoint(&self, namespace: &str) -> Pod {
        let at = NAMESPACES.iter().position(|(name, _)| *name == namespace).unwrap_or(0) as u64;
        let (set, own) = (of(self.seed, &[14, at]), of(self.seed, &[15, at, self.time / 2]));
        Pod {
            name: format!("waypoint-{}-{}", suffix(set, 9), suffix(own, 5)),
            ip: ip("10", 28, at * 16 + self.time / 2 + 1),
            node: (at % self.nodes()) as usize,
        }
    }

    /// How many machines the cluster has: about 20 services each.
    pub(super) fn nodes(&self) -> u64 {
        self.services.len() as u64 / 20 + 1
    }

    /// A counter's value: grows with time at a pace of its own.
    pub(super) fn counter(&self, identity: u64, most: u64) -> u64 {
        let pace = 1 + identity % most;
        pace * (100 + 20 * self.time) + (identity >> 32) % pace
    }
}

/// The address of machine `node`.
pub(super) fn node_ip(node: usize) -> String {
    ip("10", 4, node as u64 + 17)
}

fn ip(first: &str, second: u64, number: u64) -> String {
    format!("{first}.{}.{}.{}", second + number / 65_536, number / 256 % 256, number % 256)
}

fn service(seed: u64, index: usize, time: u64) -> Service {
    let (namespace, nouns) = NAMESPACES[index % NAMESPACES.len()];
    let within = index / NAMESPACES.len();
    let noun = nouns[within % nouns.len()];
    let role = within / nouns.len();
    let more = role / ROLES.len();
    let number = if more == 0 { String::new() } else { format!("-{}", more + 1) };
    let own = of(seed, &[1, index as u64]);
    // One service in six is released between two snapshots.
    let released = (1..=time).filter(|at| of(seed, &[2, index as u64, *at]).is_multiple_of(6));
    Service {
        index,
        name: format!("{noun}-{}{number}", ROLES[role % ROLES.len()]),
        namespace,
        noun,
        release: own % 40 + released.count() as u64,
        grpc: own.is_multiple_of(5),
    }
}

/// Whom a service calls: two to seven others, half of them in its own namespace.
fn callees(seed: u64, services: &[Service], from: usize) -> Vec<usize> {
    let count = 2 + of(seed, &[3, from as u64]) % 6;
    let mut targets: Vec<usize> = (0..count)
        .map(|call| {
            let number = of(seed, &[4, from as u64, call]);
            let any = (mixed_low(number) % services.len() as u64) as usize;
            if pick(number, &[true, false]) { same_namespace(services, from, any) } else { any }
        })
        .filter(|to| *to != from)
        .collect();
    targets.sort_unstable();
    targets.dedup();
    targets
}

const fn mixed_low(number: u64) -> u64 {
    number >> 8
}

fn same_namespace(services: &[Service], from: usize, near: usize) -> usize {
    let moved = near - near % NAMESPACES.len() + from % NAMESPACES.len();
    if moved < services.len() { moved } else { from % NAMESPACES.len() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PLAN: Plan = Plan { services: 236, seed: 1 };

    #[test]
    fn names_and_addresses_are_unique() {
        for services in [1, 236, 2_000] {
            let mesh = Mesh::at(Plan { services, seed: 1 }, 3);
            let hosts: BTreeSet<String> = mesh.services.iter().map(Service::host).collect();
            let pods = mesh.services.iter().map(|service| mesh.pod(service, 0));
            let ips: BTreeSet<String> = pods.map(|pod| pod.ip).collect();
            assert_eq!((hosts.len(), ips.len()), (services, services));
        }
    }

    #[test]
    fn some_services_are_released_between_snapshots_and_get_new_pods() {
        let (old, new) = (Mesh::at(PLAN, 1), Mesh::at(PLAN, 2));
        let pods = |mesh: &Mesh| -> BTreeSet<String> {
            mesh.services.iter().map(|service| mesh.pod(service, 0).name).collect()
        };
        let replaced = pods(&old).difference(&pods(&new)).count();
        assert!((20..80).contains(&replaced), "{replaced} of 236 replaced");
        assert_eq!(old.calls, new.calls);
    }

    #[test]
    fn counters_grow_with_time() {
        let (old, new) = (Mesh::at(PLAN, 1), Mesh::at(PLAN, 2));
        for identity in 0..100 {
            let identity = of(9, &[identity]);
            assert!(old.counter(identity, 50) < new.counter(identity, 50));
        }
    }
}
