//! Which operation a path stands for.

/// What a path stands for.
pub struct Route {
    pub operation: Option<&'static str>,
    pub provider: Option<String>,
}

impl Route {
    pub fn of(method: &str, path: &str) -> Self {
        let own = match (method, path) {
            ("GET", "/api/v1/contacts") => Some("graph8_contacts"),
            ("GET", "/api/v1/companies") => Some("graph8_companies"),
            ("GET", "/api/v1/integrations/crm/lists") => Some("find_lists"),
            ("POST", "/api/v1/integrations/crm/lists") => Some("get_or_create_list"),
            _ => None,
        };
        if own.is_some() {
            return Self {
                operation: own,
                provider: None,
            };
        }
        if let Some(below) = path.strip_prefix("/api/v1/integrations/crm/connections/") {
            let parts: Vec<&str> = below.split('/').collect();
            let operation = match (method, &parts[..]) {
                ("POST", [_, "batch", "contacts", "lookup-by-email"]) => Some("find_contacts"),
                ("GET", [_, "contacts"]) => Some("contacts_by_email"),
                _ => None,
            };
            let connection = parts.first().copied().unwrap_or_default();
            return Self {
                operation,
                provider: connection.strip_prefix("conn_").map(str::to_owned),
            };
        }
        let below = path.strip_prefix("/api/v1/crm-syncs").unwrap_or("-");
        let parts: Vec<&str> = below.split('/').skip(1).collect();
        let operation = match (method, &parts[..]) {
            ("GET", []) if below.is_empty() => Some("list_syncs"),
            ("POST", [_, "contacts", "push"]) => Some("push_contacts"),
            ("POST", [_, "companies", "push"]) => Some("push_companies"),
            ("POST", [_, "lists", "push"]) => Some("push_lists"),
            ("GET", [_, "fields"]) => Some("fields"),
            ("GET", [_, "status"]) => Some("status"),
            _ => None,
        };
        Self {
            operation,
            provider: parts.first().map(|provider| (*provider).to_owned()),
        }
    }
}
