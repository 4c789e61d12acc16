//! How the relabeling of single releases differs beyond names, known bugs included.

use super::{Family, Server, Version};

impl Server {
    /// Whether an empty result of `replace`, or an invalid expanded name, deletes the label that
    /// `target_label` spells literally, `$` and all. Until 2.49; later releases delete the expanded
    /// name, and leave everything alone when that is invalid.
    pub fn deletes_literal_target(self) -> bool {
        self.is_prometheus_before(2, 50)
    }

    /// Whether every step sees the labels sorted by name. Until 2.42; later releases see those that
    /// were set after the others, in the order they were set, which decides which label wins when
    /// `labelmap` maps several to one name.
    pub fn sorts_after_each_step(self) -> bool {
        self.is_prometheus_before(2, 43)
    }

    /// Whether a `metric_relabel_configs` chain starts on labels sorted by name. Until 3.8; later
    /// releases leave the target's labels behind those of the sample.
    pub fn sorts_before_metric_chain(self) -> bool {
        self.is_prometheus_before(3, 9)
    }

    /// Whether series that a `metric_relabel_configs` chain drops are stored all the same, with the
    /// labels they had at the step that dropped them: a bug of 3.9.0 alone.
    pub fn keeps_what_metric_chains_drop(self) -> bool {
        self.prometheus_release() == Version(3, 9, 0)
    }

    /// Whether a target without a port gets `:80` or `:443` by its scheme. Until 2.x.
    pub fn adds_default_port(self) -> bool {
        self.is_prometheus_before(3, 0)
    }

    /// Whether `params` of a job overwrite a discovered `__param_*` label. Until 2.x; later releases
    /// fill it in where it is missing.
    pub fn params_overwrite_labels(self) -> bool {
        self.is_prometheus_before(3, 0)
    }

    /// Whether each metric of a protobuf page tells whether it is a native histogram, once classic
    /// samples were read before it in its family. Since 3.3; until then the family's first does.
    pub fn tells_each_native_histogram(self) -> bool {
        !self.is_prometheus_before(3, 3)
    }

    fn is_prometheus_before(self, major: u16, minor: u16) -> bool {
        self.is(Family::Prometheus) && !self.at_least(major, minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_release_forgets_to_drop() {
        let keeps = |text: &str| text.parse::<Server>().unwrap().keeps_what_metric_chains_drop();
        assert!(keeps("3.9.0"));
        assert!(!keeps("3.9.1") && !keeps("3.8.1"));
    }

    #[test]
    fn releases_between_which_the_order_changed() {
        assert!(Server::prometheus(2, 42).sorts_after_each_step());
        assert!(!Server::prometheus(2, 43).sorts_after_each_step());
        assert!(Server::prometheus(3, 8).sorts_before_metric_chain());
        assert!(!Server::prometheus(3, 9).sorts_before_metric_chain());
        assert!(Server::prometheus(2, 49).deletes_literal_target());
        assert!(!Server::prometheus(2, 50).deletes_literal_target());
    }
}
