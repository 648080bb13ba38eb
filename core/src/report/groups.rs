//! Messages that differ in their values alone, counted together.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::findings::EXAMPLES;
use super::outcomes::Outcome;
use super::problem::{MessageCount, OTHER_MESSAGES, counted_as};
use super::push_report::PushReport;
use super::template::Template;

/// Records whose messages differ in their values alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageGroup {
    /// [`Failed`](Outcome::Failed), [`Unknown`](Outcome::Unknown) or [`Skipped`](Outcome::Skipped).
    pub outcome: Outcome,
    /// What their messages have in common; `…` stands for e-mail addresses, ids, numbers, times and quoted texts
    /// that are not the same in all of them.
    pub message: String,
    /// How many records there are.
    pub count: usize,
    /// The places of the first of them in the input, at most [`EXAMPLES`].
    pub examples: Vec<usize>,
}

impl PushReport {
    /// How often each message came, where those that differ in e-mail addresses, ids, numbers, times and quoted
    /// texts alone are one; the most frequent first.
    pub fn message_groups(&self) -> Vec<MessageGroup> {
        let mut groups = Groups::of(&self.messages);
        for (index, outcome, message) in self.told() {
            groups.add_example(index, outcome, message);
        }
        if self.has_uncounted_messages() {
            groups.recount(self.told());
        }
        groups.done()
    }

    /// The [groups](Self::message_groups) of the records that failed.
    pub fn failures_by_message(&self) -> Vec<MessageGroup> {
        let mut groups = self.message_groups();
        groups.retain(|group| group.outcome == Outcome::Failed);
        groups
    }

    /// As [`message_groups`](Self::message_groups), without examples.
    pub(super) fn counted_groups(&self) -> Vec<MessageGroup> {
        if self.has_uncounted_messages() {
            return self.message_groups();
        }
        Groups::of(&self.messages).done()
    }

    /// Whether there were too many messages to count each.
    fn has_uncounted_messages(&self) -> bool {
        let mut messages = self.messages.iter();
        messages.any(|entry| &*entry.message == OTHER_MESSAGES)
    }

    /// The records that the report holds with their messages.
    fn told(&self) -> impl Iterator<Item = (usize, Outcome, &Arc<str>)> {
        let problems = self.problems.iter();
        let problems = problems.map(|problem| (problem.index, problem.outcome, &problem.message));
        let skips = self.skips.iter();
        problems.chain(skips.map(|skip| (skip.index, Outcome::Skipped, &skip.message)))
    }
}

#[derive(Default)]
struct Groups {
    all: Vec<(Template, MessageGroup)>,
    by_key: HashMap<(Outcome, String), usize>,
    /// The group of each message, so that its template is made once.
    by_message: HashMap<(Outcome, Arc<str>), usize>,
}

impl Groups {
    fn of(messages: &[MessageCount]) -> Self {
        let mut groups = Self::default();
        for entry in messages {
            let group = groups.find(entry.outcome, &entry.message);
            groups.all[group].1.count += entry.count;
        }
        groups
    }

    /// The group of a message, by its place.
    fn find(&mut self, outcome: Outcome, message: &Arc<str>) -> usize {
        let counted = counted_as(message);
        if let Some(known) = self.by_message.get(&(outcome, Arc::clone(&counted))) {
            return *known;
        }
        let template = Template::of(&counted);
        let next = self.all.len();
        let group = *self.by_key.entry((outcome, template.key())).or_insert(next);
        if group == next {
            let empty = MessageGroup {
                outcome,
                message: String::new(),
                count: 0,
                examples: Vec::new(),
            };
            self.all.push((template, empty));
        } else {
            self.all[group].0.widen(&template);
        }
        self.by_message.insert((outcome, counted), group);
        group
    }

    fn add_example(&mut self, index: usize, outcome: Outcome, message: &Arc<str>) {
        let group = self.find(outcome, message);
        let examples = &mut self.all[group].1.examples;
        if examples.len() < EXAMPLES {
            examples.push(index);
        }
    }

    /// Takes out of the other messages, which were too many to be counted, the ones that the report holds.
    fn recount<'a>(&mut self, told: impl Iterator<Item = (usize, Outcome, &'a Arc<str>)>) {
        let mut held = vec![0_usize; self.all.len()];
        for (_, outcome, message) in told {
            let group = self.find(outcome, message);
            if let Some(count) = held.get_mut(group) {
                *count += 1;
            }
        }
        let others = |outcome| {
            let key = (outcome, Template::of(OTHER_MESSAGES).key());
            self.by_key.get(&key).copied()
        };
        let others: HashMap<Outcome, Option<usize>> = Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome, others(outcome)))
            .collect();
        for (group, held) in held.into_iter().enumerate() {
            let outcome = self.all[group].1.outcome;
            let Some(other) = others.get(&outcome).copied().flatten() else {
                continue;
            };
            let more = held.saturating_sub(self.all[group].1.count);
            let more = more.min(self.all[other].1.count);
            if group != other {
                self.all[group].1.count += more;
                self.all[other].1.count -= more;
            }
        }
    }

    fn done(self) -> Vec<MessageGroup> {
        let mut groups: Vec<MessageGroup> = self
            .all
            .into_iter()
            .filter(|(_, group)| group.count > 0)
            .map(|(template, mut group)| {
                group.message = template.message(group.count);
                group
            })
            .collect();
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Provider, PushKind};
    use crate::report::{Changes, Circumstances, ClosedLedger, Noted, Outcomes, Problem};

    fn report(messages: &[(&str, usize)], problems: &[&str]) -> PushReport {
        let count: usize = messages.iter().map(|(_, count)| count).sum();
        let mut outcomes = Outcomes::default();
        outcomes.grow(count);
        (0..count).for_each(|index| outcomes.set(index, Outcome::Failed));
        let problem = |(index, message): (usize, &&str)| Problem {
            index,
            outcome: Outcome::Failed,
            message: Arc::from(*message),
            record: None,
            request_id: None,
            retryable: false,
        };
        let counted = |(message, count): &(&str, usize)| MessageCount {
            outcome: Outcome::Failed,
            message: Arc::from(*message),
            count: *count,
        };
        let ledger = ClosedLedger {
            outcomes,
            counts: [0, count, 0, 0, 0],
            problems: problems.iter().enumerate().map(problem).collect(),
            problems_omitted: count - problems.len(),
            skips: Vec::new(),
            skips_omitted: 0,
            messages: messages.iter().map(counted).collect(),
        };
        let circumstances = Circumstances {
            provider: Provider::Hubspot,
            kind: PushKind::Contacts,
            unread: 0,
            requests: 1,
            bytes_sent: 0,
            bytes_received: 0,
            elapsed: std::time::Duration::ZERO,
            unsent: Vec::new(),
            ended_early: None,
            list_members: None,
            added_to_list: None,
            noted: Noted::default(),
            pushed_before: 0,
            changes: Changes::default(),
        };
        PushReport::new(ledger, circumstances)
    }

    fn counts(report: &PushReport) -> Vec<(String, usize, Vec<usize>)> {
        let groups = report.failures_by_message().into_iter();
        groups
            .map(|group| (group.message, group.count, group.examples))
            .collect()
    }

    #[test]
    fn messages_of_one_template_are_one() {
        let there = ["there: 71234", "there: 85678"];
        let report = report(
            &[(there[0], 1), (there[1], 1), ("no 'name'", 3)],
            &[there[0], "no 'name'", there[1], "no 'name'", "no 'name'"],
        );
        assert_eq!(
            counts(&report),
            [
                ("no 'name'".to_owned(), 3, vec![1, 3, 4]),
                ("there: …".to_owned(), 2, vec![0, 2])
            ]
        );
        assert!(report.summary().ends_with("3 × no 'name'; 2 × there: …"));
    }

    #[test]
    fn messages_beyond_those_counted_are_taken_from_the_problems() {
        let report = report(
            &[("there: 1111", 2), (OTHER_MESSAGES, 5)],
            &[
                "there: 1111",
                "there: 1111",
                "there: 2222",
                "there: 3333",
                "bad",
            ],
        );
        let groups = counts(&report);
        let counted: usize = groups.iter().map(|(_, count, _)| count).sum();
        assert_eq!(counted, 7);
        assert_eq!(groups[0], ("there: …".to_owned(), 4, vec![0, 1, 2, 3]));
        assert!(groups.contains(&("bad".to_owned(), 1, vec![4])));
    }
}
