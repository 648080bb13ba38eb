//! Contacts of a push that are added to a list: counted on both ends.

use std::collections::HashSet;

use super::crash::Folder;
use super::service::member_of;
use super::*;
use crate::push::TargetList;
use crate::records::list_change::ListChange;
use crate::report::{AddedToList, NotAddedReason};

fn contacts(count: u64) -> Records {
    (0..count)
        .map(|number| json!({"email": format!("p{number}@x.test"), "n": number}))
        .collect()
}

fn adding(options: PushOptions) -> PushOptions {
    PushOptions {
        add_to_list: Some(TargetList::Name("VIP".to_owned())),
        ..options
    }
}

/// What its caller does to a push.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Interruption {
    Cancel,
    Stop,
}

/// A push of so many contacts, which is interrupted some time after the first member was added.
async fn push(
    service: &Arc<Service>,
    options: PushOptions,
    count: u64,
    interruption: Option<(Interruption, Duration)>,
) -> (PushReport, Option<ErrorKind>) {
    push_to(Provider::Hubspot, service, options, count, interruption).await
}

async fn push_to(
    provider: Provider,
    service: &Arc<Service>,
    options: PushOptions,
    count: u64,
    interruption: Option<(Interruption, Duration)>,
) -> (PushReport, Option<ErrorKind>) {
    let push = client(service, Pace::Off)
        .start_push(provider, PushKind::Contacts, options)
        .unwrap();
    if let Some((interruption, after)) = interruption {
        let (cancel, stop) = (push.cancel_handle(), push.stop_handle());
        let service = Arc::clone(service);
        tokio::spawn(async move {
            while service.state.lock().unwrap().members.is_empty() {
                sleep(Duration::from_millis(1)).await;
            }
            sleep(after).await;
            match interruption {
                Interruption::Cancel => cancel.cancel(),
                Interruption::Stop => stop.stop(),
            }
        });
    }
    let _ = push.feed(contacts(count)).await;
    match push.finish().await {
        Ok(report) => (report, None),
        Err(error) => {
            let kind = error.kind();
            (error.into_report().unwrap(), Some(kind))
        }
    }
}

fn told(report: &PushReport) -> &AddedToList {
    report.added_to_list().unwrap()
}

/// Whom the search does not find keeps nobody else out, and whatever ends the wait for it is an error: whoever runs
/// again looks for them again.
#[test]
fn those_that_are_found_are_added_before_the_others_are_looked_for_again() {
    let second = Duration::from_secs(1);
    for (deadline, interruption, expected) in [
        (Some(8 * second), None, Some(ErrorKind::Timeout)),
        (
            None,
            Some((Interruption::Cancel, second)),
            Some(ErrorKind::Cancelled),
        ),
        (
            None,
            Some((Interruption::Stop, second)),
            Some(ErrorKind::Stopped),
        ),
        (None, None, None),
    ] {
        let service = Service::new(Behaviour {
            never_found_every: Some(50),
            ..Behaviour::default()
        });
        let options = adding(PushOptions {
            deadline,
            ..PushOptions::default()
        });
        let (report, ended) = paused(push(&service, options, 200, interruption));
        assert_eq!((report.pushed(), ended), (200, expected));
        let told = told(&report);
        let left = if expected.is_some() { (0, 4) } else { (4, 0) };
        assert_eq!((told.added, (told.not_found, told.not_sent)), (196, left));
        assert_eq!(told.ended_early.is_some(), expected.is_some());
        assert_eq!(report.ended_early().is_some(), expected.is_some());
        let members = service.state.lock().unwrap().members.len();
        assert_eq!(members, 196);
    }
}

#[test]
fn a_stop_before_anybody_is_added_is_an_error_that_tells_who_is_not_in_the_list() {
    for (skip_existing, then) in [
        (true, ", which a further run does: stopped by the caller"),
        (
            false,
            ": add them by their e-mail addresses, since a further push would create them again",
        ),
    ] {
        let service = Service::new(Behaviour::default());
        let error = paused(async {
            let push = client(&service, Pace::Off)
                .start_push(
                    Provider::Hubspot,
                    PushKind::Contacts,
                    adding(PushOptions {
                        skip_existing,
                        ..PushOptions::default()
                    }),
                )
                .unwrap();
            let _ = push.feed(contacts(200)).await;
            push.drain().await;
            push.stop_handle().stop();
            push.finish().await.unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::Stopped);
        let message = format!("200 contacts were not added to the list{then}");
        assert!(error.message().contains(&message), "{error}");
        let report = error.report().unwrap();
        assert_eq!((report.pushed(), report.not_sent()), (200, 0));
        assert_eq!((told(report).added, told(report).not_sent), (0, 200));
        assert_eq!(service.state.lock().unwrap().of_lists[2], 0);
    }
}

/// The change under way is answered; no further one leaves.
#[test]
fn a_stop_in_the_middle_of_the_changes_leaves_nobody_in_doubt() {
    for after in [0, 70, 200] {
        let service = Service::new(Behaviour::default());
        let stop = (Interruption::Stop, Duration::from_millis(after));
        let (report, ended) = paused(push(
            &service,
            adding(PushOptions::default()),
            1_000,
            Some(stop),
        ));
        assert_eq!(ended, Some(ErrorKind::Stopped));
        let told = told(&report);
        assert_eq!((report.pushed(), told.unknown), (1_000, 0));
        assert!(told.added > 0 && told.not_sent > 0, "{told:?}");
        assert_eq!(told.added + told.not_sent, 1_000);
        assert_eq!(service.state.lock().unwrap().members.len(), told.added);
    }
}

/// What is not indexed yet is found by a later look, and those that are there are not added twice.
#[test]
fn a_search_that_lags_is_asked_again_until_it_has_all() {
    let service = Service::new(Behaviour {
        search_lag: Duration::from_secs(5),
        ..Behaviour::default()
    });
    for number in 0..30 {
        service.add(
            &json!({"email": format!("p{number}@x.test"), "n": number}),
            Instant::now(),
        );
    }
    paused(async {
        sleep(Duration::from_secs(60)).await;
        let options = adding(PushOptions {
            skip_existing: true,
            ..PushOptions::default()
        });
        let (report, _) = push(&service, options, 100, None).await;
        assert_eq!((report.pushed(), report.skipped()), (70, 30));
        assert_eq!(told(&report).added, 100);
        let state = service.state.lock().unwrap();
        assert_eq!(state.members.len(), 100);
        // Those that were there, and the others once they are found.
        assert_eq!(state.of_lists[2], 2);
    });
}

#[test]
fn a_list_that_is_not_there_is_told_before_anything_is_created() {
    let service = Service::new(Behaviour::default());
    service.state.lock().unwrap().has_list = false;
    let (report, ended) = paused(push(&service, adding(PushOptions::default()), 200, None));
    assert_eq!(ended, Some(ErrorKind::Config));
    assert_eq!((report.not_sent(), told(&report).records()), (200, 0));
    assert!(service.state.lock().unwrap().created.is_empty());
}

/// A list is made for somebody, and once.
#[test]
fn a_list_is_made_for_the_first_contact_that_is_found() {
    let creating = || {
        adding(PushOptions {
            create_list: true,
            ..PushOptions::default()
        })
    };
    for (count, never_found_every, added, requests) in [
        (0, None, 0, [0, 0, 0]),
        (3, Some(1), 0, [1, 0, 0]),
        (250, None, 250, [1, 1, 3]),
        (250, Some(2), 125, [1, 1, 2]),
    ] {
        let service = Service::new(Behaviour {
            never_found_every,
            ..Behaviour::default()
        });
        service.state.lock().unwrap().has_list = false;
        let (report, _) = paused(push(&service, creating(), count, None));
        assert_eq!(told(&report).added, added);
        let state = service.state.lock().unwrap();
        assert_eq!(state.of_lists, requests, "{count} {never_found_every:?}");
        assert_eq!(state.has_list, added > 0);
    }
}

proptest! {
    /// Whatever fails and whenever the push ends: who is told to be in the list is there, and who is told not to
    /// be there is not, unless it was sent without an answer.
    #[test]
    fn both_ends_agree_about_members(
        behaviour in behaviours(),
        count in 0_u64..300,
        lag_ms in prop_oneof![Just(0_u64), 0_u64..60_000],
        never_found_every in proptest::option::of(1_u64..20),
        look_up_faults in prop_oneof![Just(0.0), 0.0..0.6],
        list_faults in prop_oneof![Just(0.0), 0.0..0.6],
        has_list in any::<bool>(),
        create_list in any::<bool>(),
        skip_existing in any::<bool>(),
        // Of so many one has an older contact of its address, in a CRM that does not refuse the second.
        older_every in proptest::option::of(1_u64..20),
        there_every in 2_u64..20,
        deadline in proptest::option::of(1_u64..60),
        interruption in proptest::option::of((
            prop_oneof![Just(Interruption::Cancel), Just(Interruption::Stop)],
            0_u64..20_000,
        )),
        grace in 0_u64..10,
    ) {
        let service = Service::new(Behaviour {
            search_lag: Duration::from_millis(lag_ms),
            never_found_every,
            look_up_faults,
            list_faults,
            ..behaviour
        });
        service.state.lock().unwrap().has_list = has_list;
        let options = adding(PushOptions {
            create_list,
            skip_existing,
            deadline: deadline.map(Duration::from_secs),
            grace: Duration::from_secs(grace),
            ..PushOptions::default()
        });
        let interruption = interruption.map(|(what, after)| (what, Duration::from_millis(after)));
        let (report, ended) = paused(async {
            for number in (0..count).step_by(usize::try_from(there_every).unwrap()) {
                let contact = json!({"email": format!("p{number}@x.test"), "n": number});
                service.add(&contact, Instant::now());
            }
            let mut provider = Provider::Hubspot;
            if let Some(every) = older_every.filter(|_| !skip_existing) {
                provider = Provider::Pipedrive;
                for number in (0..count).step_by(usize::try_from(every).unwrap()) {
                    let older = json!({"email": format!("p{number}@x.test"), "n": OLDER + number});
                    service.add(&older, Instant::now());
                }
            }
            sleep(Duration::from_secs(60)).await;
            push_to(provider, &service, options, count, interruption).await
        });
        let told = told(&report);
        let is_cut_short = told.ended_early.as_ref().is_some_and(|why| {
            ["by the caller", "the caller stopped", "deadline of the push"]
                .iter()
                .any(|said| why.contains(said))
        });
        prop_assert!(told.not_sent == 0 || !is_cut_short || ended.is_some(), "{:?}", told);
        prop_assert_eq!(told.records(), report.pushed() + report.skipped());
        let state = service.state.lock().unwrap();
        prop_assert!(state.members.iter().all(|member| *member < OLDER));
        prop_assert!(has_list || create_list || report.pushed() == 0);
        prop_assert!(state.has_list || state.members.is_empty());
        let mut in_list = 0;
        for number in 0..count {
            let index = usize::try_from(number).unwrap();
            let is_member = state.members.contains(&number);
            let problem = told.problems.iter().find(|problem| problem.index == index);
            let is_candidate = matches!(
                report.outcome(index),
                Some(Outcome::Pushed | Outcome::Skipped)
            );
            match problem.map(|problem| problem.reason) {
                None => prop_assert_eq!(is_member, is_candidate, "record {}", index),
                Some(NotAddedReason::Unknown) => prop_assert!(is_candidate),
                Some(_) => prop_assert!(is_candidate && !is_member, "record {}", index),
            }
            in_list += usize::from(is_candidate && problem.is_none());
        }
        prop_assert_eq!(told.added, in_list);
    }
}

/// An older contact of the same address, which a search that lags finds alone at first, is not taken for the one that
/// was pushed.
#[test]
fn an_older_contact_is_never_taken_for_the_one_that_was_pushed() {
    let service = Service::new(Behaviour {
        search_lag: Duration::from_secs(20),
        ..Behaviour::default()
    });
    paused(async {
        for number in 0..10 {
            let older = json!({"email": format!("p{number}@x.test"), "n": OLDER + number});
            service.add(&older, Instant::now());
        }
        sleep(Duration::from_secs(60)).await;
        let options = adding(PushOptions::default());
        let (report, _) = push_to(Provider::Pipedrive, &service, options, 30, None).await;
        assert_eq!(told(&report).added, 30);
        let state = service.state.lock().unwrap();
        assert_eq!(state.members.len(), 30);
        assert!(state.members.iter().all(|member| *member < OLDER));
    });
}

/// The number of the first contact that is older than the one of its address that is pushed.
const OLDER: u64 = 10_000;

/// A change of a list, as a push of lists is given it.
#[derive(Clone, Debug)]
struct Change {
    list: ListName,
    adds: HashSet<u64>,
    removes: HashSet<u64>,
    /// Whether it names contacts by their addresses.
    by_email: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ListName {
    Id(u64),
    /// The name of list 7.
    Vip,
}

impl Change {
    fn list(&self) -> u64 {
        match self.list {
            ListName::Id(id) => id,
            ListName::Vip => 7,
        }
    }

    fn to_change(&self) -> ListChange {
        let change = match self.list {
            ListName::Id(id) => ListChange::new(id),
            ListName::Vip => ListChange::named("VIP"),
        };
        if self.by_email {
            let emails = |numbers: &HashSet<u64>| {
                let emails = numbers.iter().map(|number| format!("p{number}@x.test"));
                emails.collect::<Vec<String>>()
            };
            change
                .add_emails(emails(&self.adds))
                .remove_emails(emails(&self.removes))
        } else {
            change.add(&self.adds).remove(&self.removes)
        }
    }

    fn undoes(&self, later: &Self) -> bool {
        self.list() == later.list()
            && (!self.adds.is_disjoint(&later.removes) || !self.removes.is_disjoint(&later.adds))
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let list = prop_oneof![
        Just(ListName::Id(7)),
        Just(ListName::Vip),
        Just(ListName::Id(8))
    ];
    let members = proptest::collection::hash_map(0_u64..6, any::<bool>(), 1..4);
    let change = (list, members, any::<bool>()).prop_map(|(list, members, by_email)| {
        let of = |side| {
            let members = members.iter().filter(move |(_, adds)| **adds == side);
            members.map(|(number, _)| *number).collect()
        };
        Change {
            list,
            adds: of(true),
            removes: of(false),
            by_email,
        }
    });
    proptest::collection::vec(change, 1..14)
}

/// One run of a push of lists: the faults that it meets, and how many changes travel together.
fn runs() -> impl Strategy<Value = Vec<(u64, f64, f64, usize)>> {
    let run = (any::<u64>(), 0.0..0.9, 0.0..0.9, 1_usize..5);
    proptest::collection::vec(run, 1..5)
}

async fn push_changes(
    service: &Arc<Service>,
    journal: std::path::PathBuf,
    changes: &[Change],
    size: usize,
) -> PushReport {
    let options = PushOptions {
        journal: Some(journal),
        batch_size: BatchSize::Fixed(size),
        max_consecutive_unknown: 0,
        ..PushOptions::default()
    };
    let changes = changes.iter().map(Change::to_change);
    let pushed = client(service, Pace::Off)
        .push_lists(Provider::Hubspot, changes, options)
        .await;
    match pushed {
        Ok(report) => report,
        Err(error) => error.into_report().unwrap(),
    }
}

/// Whatever fails in earlier runs: in the end each list has what the last changes that went through have made of it,
/// and what was left out would have undone a later change.
#[test]
fn an_older_change_undoes_no_later_one_in_a_later_run() {
    check_some(2, (changes(), runs()), |(changes, runs)| {
        let folder = Folder::new();
        let journal = folder.0.join("journal");
        let mut members = HashSet::new();
        let calm = (0, 0.0, 0.0, 3);
        let mut last = None;
        for (seed, list_faults, look_up_faults, size) in runs.into_iter().chain([calm]) {
            let service = Service::new(Behaviour {
                seed,
                look_up_faults,
                list_faults,
                ..Behaviour::default()
            });
            service.state.lock().unwrap().members = members;
            let report = paused(async {
                for number in 0..6 {
                    let contact = json!({"email": format!("p{number}@x.test"), "n": number});
                    service.add(&contact, Instant::now());
                }
                push_changes(&service, journal.clone(), &changes, size).await
            });
            members = std::mem::take(&mut service.state.lock().unwrap().members);
            last = Some(report);
        }
        let report = last.unwrap();
        prop_assert_eq!((report.records(), report.not_sent()), (changes.len(), 0));
        let outcome = |index| report.outcome(index).unwrap();
        for (index, change) in changes.iter().enumerate() {
            let is_undone = changes[index + 1..]
                .iter()
                .any(|later| change.undoes(later));
            prop_assert!(outcome(index) == Outcome::Pushed || is_undone, "{index}");
        }
        for list in [7, 8] {
            for number in 0..6 {
                let says = |change: &Change| {
                    let adds = change.adds.contains(&number).then_some(true);
                    adds.or_else(|| change.removes.contains(&number).then_some(false))
                        .filter(|_| change.list() == list)
                };
                let of_member = changes.iter().enumerate();
                let of_member = of_member.filter_map(|(index, of)| Some((index, says(of)?)));
                // One in doubt may have had its effect.
                let mut may_have_gone_through = of_member.filter(|(index, _)| {
                    matches!(outcome(*index), Outcome::Pushed | Outcome::Unknown)
                });
                if let Some((index, is_in)) = may_have_gone_through.next_back()
                    && outcome(index) == Outcome::Pushed
                {
                    let is_member = members.contains(&member_of(list, number));
                    prop_assert_eq!(is_member, is_in, "list {} {} by {}", list, number, index);
                }
            }
        }
        Ok(())
    });
}
