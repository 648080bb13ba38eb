//! Changes of lists, of which each CRM may do a part.

use crate::accounts::Account;

/// What one change came to: members added, removed, and the refusals by contact or list id.
#[derive(Default)]
pub struct Applied {
    pub added: u64,
    pub removed: u64,
    pub errors: Vec<(String, String)>,
}

/// Applies one change; with `strict` what the CRM ignores is refused.
pub fn apply(
    account: &mut Account,
    list_id: &str,
    add: &[String],
    remove: &[String],
    strict: bool,
) -> Applied {
    let rules = &account.provider.crm().lists;
    let mut applied = Applied::default();
    let Some((list, contacts)) = account.list_and_contacts(list_id) else {
        let refusal = (rules.unknown_list)(list_id);
        applied.errors.push((list_id.to_owned(), refusal));
        return applied;
    };
    let if_strict = |refusal: String| strict.then_some(refusal);
    for id in add {
        if list.members.contains(id) {
            let refusal = rules.already_member.map(str::to_owned);
            let refusal = refusal.or_else(|| if_strict("already a member".to_owned()));
            applied.refuse(id, refusal);
        } else if contacts.has(id) {
            list.members.insert(id.clone());
            applied.added += 1;
        } else {
            let refusal = (rules.unknown_contact)(id)
                .or_else(|| if_strict(format!("record {id} does not exist")));
            if applied.refuse(id, refusal) && rules.stops_at_refusal {
                return applied;
            }
        }
    }
    for id in remove {
        if list.members.remove(id) {
            applied.removed += 1;
        } else {
            let refusal = (rules.not_a_member)(id, contacts.has(id))
                .or_else(|| if_strict("not a member".to_owned()));
            applied.refuse(id, refusal);
        }
    }
    applied
}

impl Applied {
    /// Keeps a refusal, if there is one; whether there is.
    fn refuse(&mut self, id: &str, refusal: Option<String>) -> bool {
        let is_refused = refusal.is_some();
        self.errors
            .extend(refusal.map(|refusal| (id.to_owned(), refusal)));
        is_refused
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::accounts::Accounts;
    use crate::crms::Provider;

    /// Adds a member, the same again and an unknown one; removes a non-member.
    fn errors_of(provider: Provider, unknown: &str) -> (Vec<String>, u64) {
        let mut accounts = Accounts::new(1);
        let account = accounts.named(provider.name()).unwrap();
        let record = json!({"email": "a@b.co", "LastName": "A", "name": "A", "Last_Name": "A", "last_name": "A"});
        let facts = &provider.crm().facts;
        let record = record
            .as_object()
            .unwrap()
            .iter()
            .filter(|(slug, _)| {
                facts.entities["contacts"]
                    .fields
                    .iter()
                    .any(|field| field.slug == **slug)
            })
            .map(|(slug, value)| (slug.clone(), value.clone()))
            .collect();
        let id = account.create("contacts", &record, false).unwrap();
        let list = account.lists[0].id.clone();
        let first = apply(account, &list, std::slice::from_ref(&id), &[], false);
        assert_eq!((first.added, first.errors.len()), (1, 0), "{provider:?}");
        let again = apply(
            account,
            &list,
            &[id.clone(), unknown.to_owned()],
            &[],
            false,
        );
        let gone = apply(account, &list, &[], &[unknown.to_owned()], false);
        let errors = again
            .errors
            .into_iter()
            .chain(gone.errors)
            .map(|(_, refusal)| refusal)
            .collect();
        (errors, again.added)
    }

    #[test]
    fn each_crm_treats_members_in_its_own_way() {
        assert_eq!(errors_of(Provider::HubSpot, "999999"), (vec![], 0));
        assert_eq!(
            errors_of(Provider::Salesforce, "003D000000ZZZZZAAA").0,
            ["Already a campaign member.", "invalid cross reference id"]
        );
        assert_eq!(
            errors_of(Provider::Pipedrive, "999999").0,
            ["Entity was not found", "Entity was not found"]
        );
        assert_eq!(errors_of(Provider::Zoho, "999999").0.len(), 2);
        assert_eq!(
            errors_of(Provider::SugarCrm, "999999").0,
            [
                "Could not find the related bean",
                "Could not find the related bean"
            ]
        );
    }
}
