//! graph8's own rows: read page by page, and pushed in the form of each CRM.

use std::time::Duration;

use graph8_crm::{
    Client, ErrorKind, Graph8CompaniesQuery, Graph8ContactsQuery, Provider, PushKind, PushOptions,
    RecordForm, RecordShape,
};
use graph8_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

struct Stage {
    sandbox: Sandbox,
    client: Client,
}

impl Stage {
    fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).unwrap();
        let client = Client::builder()
            .api_key("g8_test_1")
            .base_url(sandbox.url())
            .unpaced()
            .build()
            .unwrap();
        Self { sandbox, client }
    }

    fn command(&self, command: &Value) -> Value {
        let answer = self.sandbox.command_json(&command.to_string()).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    fn paging(&self, paging: Value) {
        let mut command = paging;
        command["do"] = json!("set_graph8_paging");
        self.command(&command);
    }

    fn scripted(&self, bodies: impl IntoIterator<Item = Value>) {
        for body in bodies {
            let fault = json!({"kind": "status", "status": 200, "body": body});
            self.fail_next(&fault, 0);
        }
    }

    fn fail_next(&self, fault: &Value, skip: usize) {
        let operation = "graph8_contacts";
        self.command(
            &json!({"do": "fail_next", "operation": operation, "fault": fault, "skip": skip}),
        );
    }

    /// The queries of the requests for rows so far.
    fn queries(&self) -> Vec<Value> {
        let requests = self.command(&json!({"do": "requests"}));
        let is_read = |request: &&Value| request["method"] == "GET";
        let requests = requests.as_array().unwrap().iter().filter(is_read);
        requests.map(|request| request["query"].clone()).collect()
    }

    fn held(&self, provider: Provider, kind: PushKind) -> Vec<Value> {
        let command = json!({"do": "records", "provider": provider, "entity": kind});
        let records = self.command(&command);
        let fields = records.as_array().unwrap().iter();
        fields.map(|record| record["fields"].clone()).collect()
    }
}

fn of_list(list_id: &str) -> Graph8ContactsQuery {
    Graph8ContactsQuery {
        list_id: Some(list_id.to_owned()),
        ..Graph8ContactsQuery::default()
    }
}

fn in_form() -> PushOptions {
    PushOptions {
        shape: RecordShape {
            form: RecordForm::Graph8,
            ..RecordShape::default()
        },
        ..PushOptions::default()
    }
}

/// Rows, rows that came again, and the warning.
async fn read(stage: &Stage, query: Graph8ContactsQuery) -> (usize, usize, Option<String>) {
    let mut rows = stage.client.graph8_contacts(query).unwrap();
    let mut count = 0;
    while let Some(page) = rows.next().await.unwrap() {
        assert!(!page.is_empty());
        count += page.len();
    }
    assert_eq!(count, rows.rows());
    assert!(rows.next().await.unwrap().is_none());
    (count, rows.repeated(), rows.warning().map(str::to_owned))
}

#[tokio::test]
async fn pages_are_read_as_they_are_asked_for() {
    let stage = Stage::new();
    let mut rows = stage
        .client
        .graph8_contacts(Graph8ContactsQuery::default())
        .unwrap();
    assert_eq!((rows.total(), stage.queries().len()), (None, 0));
    assert_eq!(rows.next().await.unwrap().unwrap().len(), 200);
    assert_eq!((rows.total(), stage.queries().len()), (Some(1_000), 1));
    let mut pages = 1;
    while rows.next().await.unwrap().is_some() {
        pages += 1;
    }
    assert_eq!((pages, rows.rows(), rows.warning()), (5, 1_000, None));
    assert_eq!(stage.queries()[4], json!({"page": "5", "limit": "200"}));
    let again = rows.anew().next().await.unwrap().unwrap();
    assert_eq!(again.len(), 200);
}

#[tokio::test]
async fn filters_travel_and_choose() {
    let stage = Stage::new();
    let query = Graph8ContactsQuery {
        email: Some("a+b@x.test".to_owned()),
        name: Some("ä b".to_owned()),
        job_title: Some("CEO".to_owned()),
        company_id: Some("52001".to_owned()),
        country: Some("Japan".to_owned()),
        include_custom_fields: true,
        page_size: 7,
        ..of_list("42")
    };
    assert_eq!(read(&stage, query).await.0, 0);
    assert_eq!(
        stage.queries(),
        [json!({
            "page": "1", "limit": "7", "list_id": "42", "email": "a%2Bb%40x.test", "name": "%C3%A4+b",
            "job_title": "CEO", "company_id": "52001", "country": "Japan", "include_custom_fields": "true",
        })]
    );
    let query = Graph8CompaniesQuery {
        industry: Some("Computer Software".to_owned()),
        ..Graph8CompaniesQuery::default()
    };
    let mut rows = stage.client.graph8_companies(query).unwrap();
    let page = rows.next().await.unwrap().unwrap();
    assert!(page.len() > 1 && page.len() < 200);
    assert_eq!(read(&stage, of_list("42")).await, (250, 0, None));
    assert_eq!(read(&stage, of_list("7")).await, (0, 0, None));
}

#[tokio::test]
async fn wrong_queries_are_told_before_anything_is_sent() {
    let stage = Stage::new();
    for (query, message) in [
        (of_list(" "), "list_id is empty"),
        (
            Graph8ContactsQuery {
                page_size: 201,
                ..of_list("1")
            },
            "page_size is 201: use 1 to 200",
        ),
    ] {
        let error = stage.client.graph8_contacts(query).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(message), "{error}");
    }
    assert!(stage.queries().is_empty());
}

#[tokio::test]
async fn each_row_comes_once_and_totals_are_compared() {
    let stage = Stage::new();
    stage.paging(json!({"repeat": 10, "cursor": true}));
    assert_eq!(
        read(
            &stage,
            Graph8ContactsQuery {
                page_size: 100,
                ..of_list("42")
            }
        )
        .await,
        (250, 20, None)
    );
    assert_eq!(stage.queries()[1]["cursor"], "r90");
    assert!(stage.queries()[1].get("page").is_none());

    stage.paging(json!({"total": 300}));
    let (count, _, warning) = read(&stage, of_list("42")).await;
    assert_eq!(count, 250);
    assert_eq!(
        warning.unwrap(),
        "graph8 told of 300 contacts and 250 came: they may have changed while they were read; read them again to have the others"
    );

    stage.paging(json!({"order": "unstable"}));
    let (count, repeated, warning) = read(
        &stage,
        Graph8ContactsQuery {
            page_size: 50,
            ..of_list("42")
        },
    )
    .await;
    assert_eq!(count + repeated, 250);
    assert!(repeated > 0 && warning.unwrap().contains("of them again"));
}

#[tokio::test]
async fn any_envelope_is_read_and_rows_without_id_are_kept() {
    let stage = Stage::new();
    let rows = json!([{"id": 1}, {"id": "1"}, {}, {}, {"id": null}, {"id": ""}, 7]);
    for body in [
        json!({"data": rows}),
        json!({"data": rows, "pagination": null}),
        json!({"data": {"items": rows}, "pagination": {"total": "6", "has_next": "false"}}),
        json!({"data": {"contacts": rows}, "pagination": [1]}),
    ] {
        stage.scripted([body]);
        assert_eq!(read(&stage, of_list("42")).await, (6, 1, None));
    }
    assert_eq!(stage.queries().len(), 4);
}

#[tokio::test]
async fn without_has_next_the_pages_go_on_until_a_short_one() {
    let stage = Stage::new();
    let page = |from: usize, count: usize| -> Value {
        (from..from + count).map(|id| json!({"id": id})).collect()
    };
    let sized = |page_size| Graph8ContactsQuery {
        page_size,
        ..of_list("42")
    };
    stage.scripted([
        json!({"data": page(0, 2)}),
        json!({"data": page(2, 2)}),
        json!({"data": []}),
    ]);
    assert_eq!(read(&stage, sized(2)).await.0, 4);
    assert_eq!(stage.queries().len(), 3);
    // The service may have a page size of its own.
    let own = json!({"limit": 2});
    stage.scripted([
        json!({"data": page(0, 2), "pagination": own}),
        json!({"data": page(2, 1), "pagination": own}),
    ]);
    assert_eq!(read(&stage, sized(200)).await.0, 3);
    // A cursor says that there is more, and once there is none, pages are counted.
    stage.scripted([
        json!({"data": page(0, 1), "pagination": {"next_cursor": 7}}),
        json!({"data": page(1, 1), "pagination": {"has_next": true}}),
        json!({"data": page(2, 1), "pagination": {"has_next": false, "next_cursor": "x"}}),
    ]);
    assert_eq!(read(&stage, sized(200)).await.0, 3);
    let queries = stage.queries();
    assert_eq!(queries[queries.len() - 2]["cursor"], "7");
    assert_eq!(queries[queries.len() - 1]["page"], "3");
}

#[tokio::test]
async fn a_service_that_turns_no_pages_is_left() {
    let stage = Stage::new();
    for rows in [json!([{"id": 1}, {"id": 2}]), json!([{"a": 1}, {"a": 2}])] {
        let body = json!({"data": rows, "pagination": {"has_next": true, "next_cursor": "same"}});
        stage.scripted(vec![body; 9]);
        let (count, repeated, warning) = read(&stage, of_list("42")).await;
        assert_eq!((count, repeated), (2, 6));
        let warning = warning.unwrap();
        assert!(warning.contains("3 pages without a new one"), "{warning}");
        stage.command(&json!({"do": "reset"}));
    }
    stage.scripted(vec![
        json!({"data": [], "pagination": {"has_next": true}});
        9
    ]);
    assert_eq!(read(&stage, of_list("42")).await.0, 0);
}

#[tokio::test]
async fn a_page_that_can_not_be_read_is_asked_for_again() {
    let stage = Stage::new();
    stage.fail_next(&json!({"kind": "status", "status": 503}), 1);
    assert_eq!(read(&stage, of_list("42")).await, (250, 0, None));

    stage.fail_next(&json!({"kind": "status", "status": 403, "body": null}), 1);
    let mut rows = stage.client.graph8_contacts(of_list("42")).unwrap();
    rows.next().await.unwrap();
    let error = rows.next().await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Permission);
    assert!(
        error.message().starts_with("graph8_contacts page 2: "),
        "{error}"
    );
    assert!(error.message().contains("contacts:read"), "{error}");
    assert_eq!(rows.next().await.unwrap().unwrap().len(), 50);

    for (fault, kind, times) in [
        (
            json!({"kind": "status", "status": 404}),
            ErrorKind::InvalidRequest,
            1,
        ),
        // What can't be read is asked for again, a while.
        (
            json!({"kind": "status", "status": 200, "body": {"data": {"rows": 1}}}),
            ErrorKind::InvalidAnswer,
            9,
        ),
    ] {
        for _ in 0..times {
            stage.fail_next(&fault, 0);
        }
        let mut rows = stage.client.graph8_contacts(of_list("42")).unwrap();
        let error = rows.next().await.err().unwrap();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn the_rows_of_a_list_are_pushed_into_each_crm() {
    let stage = Stage::new();
    for provider in Provider::ALL.iter().copied() {
        let rows = stage.client.graph8_contacts(of_list("42")).unwrap();
        let report = rows.push(provider, in_form()).await.unwrap();
        assert_eq!(report.records(), 250, "{provider}");
        let held = stage.held(provider, PushKind::Contacts).len();
        // Errors about rows without a name and an e-mail can't be told apart.
        let most = report.pushed() + report.unknown();
        assert!((report.pushed()..=most).contains(&held), "{provider}");
        assert!(held > 150, "{provider}: {}", report.summary());

        let query = Graph8CompaniesQuery::default();
        let rows = stage.client.graph8_companies(query).unwrap();
        let report = rows.push(provider, in_form()).await.unwrap();
        assert_eq!(report.records(), 200, "{provider}");
        let held = stage.held(provider, PushKind::Companies);
        assert_eq!(report.pushed(), held.len(), "{provider}");
        assert!(held.len() > 150, "{provider}: {}", report.summary());
    }
    let name = &stage.held(Provider::Pipedrive, PushKind::Contacts)[0]["name"];
    assert!(name.as_str().unwrap().contains(' '), "{name}");
}

#[tokio::test]
async fn an_error_in_the_middle_sends_what_came_before() {
    let stage = Stage::new();
    stage.fail_next(&json!({"kind": "status", "status": 401}), 1);
    let rows = stage.client.graph8_contacts(of_list("42")).unwrap();
    let error = rows.push(Provider::Sugarcrm, in_form()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
    let report = error.report().unwrap();
    assert_eq!((report.records(), report.not_sent()), (200, 0));
    let ended = report.ended_early().unwrap();
    assert!(ended.contains("graph8_contacts page 2"), "{ended}");
    let held = stage.held(Provider::Sugarcrm, PushKind::Contacts).len();
    assert_eq!(report.pushed(), held);
}

#[tokio::test]
async fn a_page_that_never_comes_holds_no_push_up() {
    let stage = Stage::new();
    stage.fail_next(&json!({"kind": "hold"}), 1);
    let options = PushOptions {
        deadline: Some(Duration::from_millis(400)),
        ..in_form()
    };
    let rows = stage.client.graph8_contacts(of_list("42")).unwrap();
    let error = rows.push(Provider::Sugarcrm, options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert_eq!(error.report().unwrap().records(), 200);
}

/// The journal knows records by their places, and the rows come in another order: what it does then is
/// written in docs/graph8-rows.md.
#[cfg(feature = "journal")]
#[tokio::test]
async fn a_journal_refuses_rows_in_another_order_and_sends_nothing() {
    let stage = Stage::new();
    let folder = std::env::temp_dir().join(format!("graph8-rows-{:x}", fastrand::u64(..)));
    std::fs::create_dir(&folder).unwrap();
    let options = || PushOptions {
        journal: Some(folder.join("push.journal")),
        ..in_form()
    };
    let push = async || {
        let rows = stage.client.graph8_contacts(of_list("42")).unwrap();
        rows.push(Provider::Sugarcrm, options()).await
    };
    // The second page fails, and so the push has an end to go on from.
    stage.fail_next(&json!({"kind": "status", "status": 401}), 1);
    push().await.unwrap_err();
    let sent = stage.held(Provider::Sugarcrm, PushKind::Contacts).len();
    stage.paging(json!({"order": "shuffled"}));
    let error = push().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(
        error
            .message()
            .contains("the source differs from the journal"),
        "{error}"
    );
    assert!(error.message().contains("nothing was sent now"), "{error}");
    assert_eq!(
        stage.held(Provider::Sugarcrm, PushKind::Contacts).len(),
        sent
    );

    // In the same order it goes on where it stopped.
    stage.paging(json!({}));
    let report = push().await.unwrap();
    assert_eq!(report.records(), 250);
    let held = stage.held(Provider::Sugarcrm, PushKind::Contacts).len();
    assert_eq!(held, report.pushed());
    std::fs::remove_dir_all(&folder).unwrap();
}
