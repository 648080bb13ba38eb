//! The fields that a create cannot set, since `GET fields` need not say which they are.

use crate::names::{EntityType, Provider};

/// Whether `slug` is a standard field that the CRM fills itself; by the facts, whatever the answer says.
pub(super) fn is_read_only(provider: Provider, entity_type: EntityType, slug: &str) -> bool {
    slugs(provider, entity_type).contains(&slug)
}

#[rustfmt::skip]
const fn slugs(provider: Provider, entity_type: EntityType) -> &'static [&'static str] {
    match (provider, entity_type) {
        (Provider::Hubspot, EntityType::Contacts) => &["hs_marketable_status", "hs_additional_emails", "hs_email_domain", "hs_object_id", "createdate", "lastmodifieddate", "associatedcompanyid", "hs_analytics_source", "num_associated_deals", "notes_last_contacted", "hs_calculated_phone_number", "hs_searchable_calculated_phone_number", "hs_all_contact_vids", "hubspot_team_id"],
        (Provider::Hubspot, EntityType::Companies) => &["hs_additional_domains", "hs_parent_company_id", "hs_num_child_companies", "createdate", "hs_lastmodifieddate", "hs_object_id", "num_associated_contacts", "num_associated_deals", "notes_last_contacted", "recent_deal_amount"],
        (Provider::Hubspot, EntityType::Leads) => &["hs_primary_company_id", "hs_associated_company_domain", "hs_contact_analytics_source", "hs_associated_contact_email", "hs_associated_contact_firstname", "hs_associated_contact_lastname", "hs_associated_company_name", "hs_createdate", "hs_lastmodifieddate", "hs_object_id"],
        (Provider::Hubspot, EntityType::Deals) => &["hs_forecast_amount", "amount_in_home_currency", "hs_acv", "hs_arr", "hs_mrr", "hs_tcv", "hs_is_closed", "hs_is_closed_won", "days_to_close", "num_associated_contacts", "hs_lastmodifieddate", "hs_object_id"],
        (Provider::Salesforce, EntityType::Contacts) => &["Name", "MailingAddress", "OtherAddress", "IsEmailBounced", "PhotoUrl", "MasterRecordId", "LastCURequestDate", "LastCUUpdateDate", "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate"],
        (Provider::Salesforce, EntityType::Companies) => &["BillingAddress", "ShippingAddress", "PhotoUrl", "MasterRecordId", "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate"],
        (Provider::Salesforce, EntityType::Leads) => &["Name", "Address", "IsConverted", "ConvertedDate", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId", "PhotoUrl", "MasterRecordId", "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate"],
        (Provider::Salesforce, EntityType::Deals) => &["ForecastCategory", "ExpectedRevenue", "IsClosed", "IsWon", "HasOpportunityLineItem", "Fiscal", "FiscalQuarter", "FiscalYear", "Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate"],
        (Provider::Pipedrive, EntityType::Contacts) => &["first_name", "last_name", "job_title", "birthday", "notes", "im", "postal_address", "id", "picture_id", "is_deleted", "next_activity_date", "next_activity_id", "last_activity_date", "last_activity_id", "open_deals_count", "closed_deals_count", "won_deals_count", "lost_deals_count", "activities_count", "done_activities_count", "undone_activities_count", "email_messages_count", "last_incoming_mail_time", "last_outgoing_mail_time", "files_count", "notes_count", "followers_count", "smart_bcc_email", "doi_status"],
        (Provider::Pipedrive, EntityType::Companies) => &["id", "is_deleted", "next_activity_date", "next_activity_id", "last_activity_date", "last_activity_id", "people_count", "open_deals_count", "closed_deals_count", "won_deals_count", "lost_deals_count", "activities_count", "done_activities_count", "undone_activities_count", "email_messages_count", "files_count", "notes_count", "followers_count", "smart_bcc_email", "picture_id", "country_code"],
        (Provider::Pipedrive, EntityType::Leads) => &["id", "creator_id", "source_name", "origin", "is_archived", "next_activity_id", "source_deal_id", "cc_email", "add_time", "update_time"],
        (Provider::Pipedrive, EntityType::Deals) => &["update_time", "stage_change_time", "creator_user_id", "weighted_value", "next_activity_date", "last_activity_date", "origin", "origin_id", "channel", "channel_id", "acv", "arr", "mrr", "is_deleted", "id"],
        (Provider::Zoho, EntityType::Contacts) => &["Unsubscribed_Mode", "Unsubscribed_Time", "Full_Name", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Last_Activity_Time", "id", "Locked__s", "Record_Status__s"],
        (Provider::Zoho, EntityType::Companies) => &["Created_By", "Modified_By", "Created_Time", "Modified_Time", "Last_Activity_Time", "id", "Locked__s", "Record_Status__s"],
        (Provider::Zoho, EntityType::Leads) => &["Created_By", "Modified_By", "Created_Time", "Modified_Time", "Full_Name", "Last_Activity_Time", "Converted_Date_Time", "Unsubscribed_Mode", "Unsubscribed_Time", "Converted_Account", "Converted_Contact", "Converted_Deal", "id", "Converted__s", "Locked__s", "Enrich_Status__s", "Record_Status__s", "Data_Source"],
        (Provider::Zoho, EntityType::Deals) => &["Expected_Revenue", "Sales_Cycle_Duration", "Overall_Sales_Duration", "Lead_Conversion_Time", "Created_By", "Modified_By", "Created_Time", "Modified_Time", "Last_Activity_Time", "id", "Locked__s", "Record_Status__s"],
        (Provider::Sugarcrm, EntityType::Contacts) => &["sync_key", "full_name", "name", "date_entered", "date_modified", "created_by", "created_by_name", "modified_user_id", "modified_by_name", "deleted", "entry_source"],
        (Provider::Sugarcrm, EntityType::Companies) => &["sync_key", "next_renewal_date", "date_entered", "date_modified", "created_by", "created_by_name", "modified_user_id", "modified_by_name", "deleted"],
        (Provider::Sugarcrm, EntityType::Leads) => &["sync_key", "full_name", "date_entered", "date_modified", "created_by", "modified_user_id", "deleted"],
        (Provider::Sugarcrm, EntityType::Deals) => &["amount", "sales_status", "best_case", "worst_case", "base_rate", "sync_key", "amount_usdollar", "forecasted_likely", "date_entered", "date_modified", "created_by", "modified_user_id", "deleted"],
    }
}
