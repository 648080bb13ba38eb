//! Records of each CRM with the fields that it has by itself.
//!
//! ```
//! use graph8_crm::hubspot::Contact;
//!
//! let contact = Contact {
//!     email: Some("ada@example.com".into()),
//!     ..Contact::default()
//! };
//! assert_eq!(serde_json::to_string(&contact)?, r#"{"email":"ada@example.com"}"#);
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod hubspot;
pub mod pipedrive;
pub mod salesforce;
pub mod sugarcrm;
pub mod zoho;
