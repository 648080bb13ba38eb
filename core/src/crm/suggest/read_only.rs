//! The fields that a create cannot set, since `GET fields` need not say which they are.

use crate::crm::standard;
use crate::names::{EntityType, Provider, PushKind};

/// Whether `slug` is a standard field that the CRM fills itself; by the facts, whatever the answer says.
pub(super) fn is_read_only(provider: Provider, entity_type: EntityType, slug: &str) -> bool {
    let kind = match entity_type {
        EntityType::Contacts => PushKind::Contacts,
        EntityType::Companies => PushKind::Companies,
        EntityType::Leads | EntityType::Deals => {
            return never_pushed(provider, entity_type).contains(&slug);
        }
    };
    standard::entity(provider, kind).is_some_and(|entity| {
        let mut fields = entity.fields.iter();
        fields.any(|field| field.slug == slug && field.is_read_only)
    })
}

/// Of the records that no push carries, whose standard fields are nowhere else.
#[rustfmt::skip]
const fn never_pushed(provider: Provider, entity_type: EntityType) -> &'static [&'static str] {
    match (provider, entity_type) {
        (Provider::Hubspot, EntityType::Leads) => &["hs_primary_company_id", "hs_associated_company_domain", "hs_contact_analytics_source", "hs_associated_contact_email", "hs_associated_contact_firstname", "hs_associated_contact_lastname", "hs_associated_company_name", "hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
        (Provider::Hubspot, EntityType::Deals) => &["hs_forecast_amount", "amount_in_home_currency", "hs_acv", "hs_arr", "hs_mrr", "hs_tcv", "hs_is_closed", "hs_is_closed_won", "days_to_close", "num_associated_contacts", "hs_lastmodifieddate", "hs_object_id"],
        (Provider::Salesforce, EntityType::Leads) => &["Name", "Address", "IsConverted", "ConvertedDate", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId", "PhotoUrl", "MasterRecordId", "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate"],
        (Provider::Salesforce, EntityType::Deals) => &["ForecastCategory", "ExpectedRevenue", "IsClosed", "IsWon", "HasOpportunityLineItem", "Fiscal", "FiscalQuarter", "FiscalYear", "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate"],
        (Provider::Pipedrive, EntityType::Leads) => &["id", "creator_id", "source_name", "origin", "is_archived", "next_activity_id", "source_deal_id", "cc_email", "add_time", "update_time"],
        (Provider::Pipedrive, EntityType::Deals) => &["update_time", "stage_change_time", "creator_user_id", "weighted_value", "next_activity_date", "last_activity_date", "origin", "origin_id", "channel", "channel_id", "acv", "arr", "mrr", "is_deleted", "id"],
        (Provider::Zoho, EntityType::Leads) => &["Created_By", "Modified_By", "Created_Time", "Modified_Time", "Full_Name", "Last_Activity_Time", "Converted_Date_Time", "Unsubscribed_Mode", "Unsubscribed_Time", "Converted_Account", "Converted_Contact", "Converted_Deal", "id", "Converted__s", "Locked__s", "Enrich_Status__s", "Record_Status__s", "Data_Source"],
        (Provider::Zoho, EntityType::Deals) => &["Expected_Revenue", "Sales_Cycle_Duration", "Overall_Sales_Duration", "Lead_Conversion_Time", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Last_Activity_Time", "id", "Locked__s", "Record_Status__s"],
        (Provider::Sugarcrm, EntityType::Leads) => &["sync_key", "full_name", "date_entered", "date_modified", "created_by", "modified_user_id", "deleted"],
        (Provider::Sugarcrm, EntityType::Deals) => &["amount", "sales_status", "best_case", "worst_case", "base_rate", "sync_key", "amount_usdollar", "forecasted_likely", "date_entered", "date_modified", "created_by", "modified_user_id", "deleted"],
        (_, EntityType::Contacts | EntityType::Companies) => &[],
    }
}
