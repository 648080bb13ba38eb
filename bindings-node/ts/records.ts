/**
 * Records whose fields are known.
 *
 * Made by scripts/generate_records.py from facts/*.json: change those.
 */

/** A HubSpot contact, as it is created. */
export interface HubspotContact {
  /** Email: string. */
  readonly email?: string | null | undefined;
  /** First Name: string. */
  readonly firstname?: string | null | undefined;
  /** Last Name: string. */
  readonly lastname?: string | null | undefined;
  /** Phone Number: string. */
  readonly phone?: string | null | undefined;
  /** Mobile Phone Number: string. */
  readonly mobilephone?: string | null | undefined;
  /** Fax Number: string. */
  readonly fax?: string | null | undefined;
  /** Company Name: string. */
  readonly company?: string | null | undefined;
  /** Job Title: string. */
  readonly jobtitle?: string | null | undefined;
  /** Website URL: string. */
  readonly website?: string | null | undefined;
  /** Street Address: string. */
  readonly address?: string | null | undefined;
  /** City: string. */
  readonly city?: string | null | undefined;
  /** State/Region: string. */
  readonly state?: string | null | undefined;
  /** Postal Code: string. */
  readonly zip?: string | null | undefined;
  /** Country/Region: string. */
  readonly country?: string | null | undefined;
  /** Country/Region Code: string. */
  readonly hs_country_region_code?: string | null | undefined;
  /** State/Region Code: string. */
  readonly hs_state_code?: string | null | undefined;
  /** Industry: string. */
  readonly industry?: string | null | undefined;
  /** Annual Revenue: string. */
  readonly annualrevenue?: string | null | undefined;
  /** Company size: string. */
  readonly company_size?: string | null | undefined;
  /** Number of Employees: enumeration. */
  readonly numemployees?: string | null | undefined;
  /** Lifecycle Stage: enumeration. */
  readonly lifecyclestage?: string | null | undefined;
  /** Lead Status: enumeration. */
  readonly hs_lead_status?: string | null | undefined;
  /** Contact owner: enumeration. */
  readonly hubspot_owner_id?: string | null | undefined;
  /** Preferred language: enumeration. */
  readonly hs_language?: string | null | undefined;
  /** Time Zone: enumeration. */
  readonly hs_timezone?: string | null | undefined;
  /** Persona: enumeration. */
  readonly hs_persona?: string | null | undefined;
  /** Buying Role: enumeration. */
  readonly hs_buying_role?: string | null | undefined;
  /** Employment Seniority: enumeration. */
  readonly hs_seniority?: string | null | undefined;
  /** Employment Role: enumeration. */
  readonly hs_role?: string | null | undefined;
  /** Employment Sub Role: enumeration. */
  readonly hs_sub_role?: string | null | undefined;
  /** Job function: string. */
  readonly job_function?: string | null | undefined;
  /** Salutation: string. */
  readonly salutation?: string | null | undefined;
  /** Date of birth: string. */
  readonly date_of_birth?: string | null | undefined;
  /** Gender: string. */
  readonly gender?: string | null | undefined;
  /** Marital Status: string. */
  readonly marital_status?: string | null | undefined;
  /** Relationship Status: string. */
  readonly relationship_status?: string | null | undefined;
  /** Military status: string. */
  readonly military_status?: string | null | undefined;
  /** Degree: string. */
  readonly degree?: string | null | undefined;
  /** Field of study: string. */
  readonly field_of_study?: string | null | undefined;
  /** School: string. */
  readonly school?: string | null | undefined;
  /** Graduation date: string. */
  readonly graduation_date?: string | null | undefined;
  /** Start date: string. */
  readonly start_date?: string | null | undefined;
  /** Seniority: string. */
  readonly seniority?: string | null | undefined;
  /** Work email: string. */
  readonly work_email?: string | null | undefined;
  /** Twitter Username: string. */
  readonly twitterhandle?: string | null | undefined;
  /** LinkedIn URL: string. */
  readonly hs_linkedin_url?: string | null | undefined;
  /** LinkedIn Bio: string. */
  readonly linkedinbio?: string | null | undefined;
  /** WhatsApp Phone Number: string. */
  readonly hs_whatsapp_phone_number?: string | null | undefined;
  /** Message: string. */
  readonly message?: string | null | undefined;
  /** Legal basis for processing contact's data: enumeration. */
  readonly hs_legal_basis?: string | null | undefined;
  /** Close Date: datetime. */
  readonly closedate?: unknown;
}

/** A HubSpot company, as it is created. */
export interface HubspotCompany {
  /** Company name: string. */
  readonly name?: string | null | undefined;
  /** Company Domain Name: string. */
  readonly domain?: string | null | undefined;
  /** Website URL: string. */
  readonly website?: string | null | undefined;
  /** Phone Number: string. */
  readonly phone?: string | null | undefined;
  /** Street Address: string. */
  readonly address?: string | null | undefined;
  /** Street Address 2: string. */
  readonly address2?: string | null | undefined;
  /** City: string. */
  readonly city?: string | null | undefined;
  /** State/Region: string. */
  readonly state?: string | null | undefined;
  /** Postal Code: string. */
  readonly zip?: string | null | undefined;
  /** Country/Region: string. */
  readonly country?: string | null | undefined;
  /** Country/Region Code: string. */
  readonly hs_country_code?: string | null | undefined;
  /** State/Region Code: string. */
  readonly hs_state_code?: string | null | undefined;
  /** Industry: enumeration. */
  readonly industry?: string | null | undefined;
  /** Type: enumeration. */
  readonly type?: string | null | undefined;
  /** Number of Employees: number. */
  readonly numberofemployees?: number | string | null | undefined;
  /** Annual Revenue: number. */
  readonly annualrevenue?: number | string | null | undefined;
  /** Description: string. */
  readonly description?: string | null | undefined;
  /** About Us: string. */
  readonly about_us?: string | null | undefined;
  /** Year Founded: string. */
  readonly founded_year?: string | null | undefined;
  /** Is Public: bool. */
  readonly is_public?: boolean | string | null | undefined;
  /** Time Zone: string. */
  readonly timezone?: string | null | undefined;
  /** LinkedIn Company Page: string. */
  readonly linkedin_company_page?: string | null | undefined;
  /** LinkedIn Bio: string. */
  readonly linkedinbio?: string | null | undefined;
  /** Facebook Company Page: string. */
  readonly facebook_company_page?: string | null | undefined;
  /** Twitter Handle: string. */
  readonly twitterhandle?: string | null | undefined;
  /** Total Money Raised: string. */
  readonly total_money_raised?: string | null | undefined;
  /** Lifecycle Stage: enumeration. */
  readonly lifecyclestage?: string | null | undefined;
  /** Lead Status: enumeration. */
  readonly hs_lead_status?: string | null | undefined;
  /** Company owner: enumeration. */
  readonly hubspot_owner_id?: string | null | undefined;
  /** Ideal Customer Profile Tier: enumeration. */
  readonly hs_ideal_customer_profile?: string | null | undefined;
  /** Target Account: bool. */
  readonly hs_is_target_account?: boolean | string | null | undefined;
  /** CSM Sentiment: enumeration. */
  readonly hs_csm_sentiment?: string | null | undefined;
  /** Employee range: string. */
  readonly hs_employee_range?: string | null | undefined;
  /** Revenue range: string. */
  readonly hs_revenue_range?: string | null | undefined;
  /** Industry group: string. */
  readonly hs_industry_group?: string | null | undefined;
  /** Linkedin handle: string. */
  readonly hs_linkedin_handle?: string | null | undefined;
  /** Logo URL: string. */
  readonly hs_logo_url?: string | null | undefined;
  /** Web Technologies: enumeration. */
  readonly web_technologies?: string | null | undefined;
  /** Close Date: datetime. */
  readonly closedate?: unknown;
}

/** A HubSpot lead; it names fields, as no push creates one. */
export interface HubspotLead {
  /** Lead Name: string, required. */
  readonly hs_lead_name?: string | null | undefined;
  /** Lead Type: enumeration. */
  readonly hs_lead_type?: string | null | undefined;
  /** Lead Label: enumeration. */
  readonly hs_lead_label?: string | null | undefined;
  /** Lead Pipeline: enumeration. */
  readonly hs_pipeline?: string | null | undefined;
  /** Lead Pipeline Stage: enumeration. */
  readonly hs_pipeline_stage?: string | null | undefined;
  /** Lead Owner: enumeration. */
  readonly hubspot_owner_id?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: string]: unknown;
}

/** A HubSpot deal; it names fields, as no push creates one. */
export interface HubspotDeal {
  /** Deal Name: string, required. */
  readonly dealname?: string | null | undefined;
  /** Deal Stage: enumeration, required. */
  readonly dealstage?: string | null | undefined;
  /** Pipeline: enumeration. */
  readonly pipeline?: string | null | undefined;
  /** Amount: number. */
  readonly amount?: number | string | null | undefined;
  /** Close Date: datetime. */
  readonly closedate?: unknown;
  /** Deal Type: enumeration. */
  readonly dealtype?: string | null | undefined;
  /** Deal Description: string. */
  readonly description?: string | null | undefined;
  /** Deal owner: enumeration. */
  readonly hubspot_owner_id?: string | null | undefined;
  /** Priority: enumeration. */
  readonly hs_priority?: string | null | undefined;
  /** Next step: string. */
  readonly hs_next_step?: string | null | undefined;
  /** Currency: enumeration. */
  readonly deal_currency_code?: string | null | undefined;
  /** Closed Lost Reason: string. */
  readonly closed_lost_reason?: string | null | undefined;
  /** Closed Won Reason: string. */
  readonly closed_won_reason?: string | null | undefined;
  /** Forecast category: enumeration. */
  readonly hs_manual_forecast_category?: string | null | undefined;
  /** Deal probability: number. */
  readonly hs_deal_stage_probability?: number | string | null | undefined;
  /** Forecast probability: number. */
  readonly hs_forecast_probability?: number | string | null | undefined;
  /** Deal amount calculation preference: enumeration. */
  readonly hs_deal_amount_calculation_preference?: string | null | undefined;
  /** Create Date: datetime. */
  readonly createdate?: unknown;
  /** Fields of the customer's own. */
  readonly [custom: string]: unknown;
}

/** A Salesforce contact, as it is created. */
export interface SalesforceContact {
  /** Last Name: string, required, up to 80 characters. */
  readonly LastName?: string | null | undefined;
  /** First Name: string, up to 40 characters. */
  readonly FirstName?: string | null | undefined;
  /** Salutation: picklist, up to 40 characters. */
  readonly Salutation?: string | null | undefined;
  /** Email: email, up to 80 characters. */
  readonly Email?: string | null | undefined;
  /** Account ID: reference, up to 18 characters, an id of Account. */
  readonly AccountId?: string | null | undefined;
  /** Title: string, up to 128 characters. */
  readonly Title?: string | null | undefined;
  /** Department: string, up to 80 characters. */
  readonly Department?: string | null | undefined;
  /** Business Phone: phone, up to 40 characters. */
  readonly Phone?: string | null | undefined;
  /** Mobile Phone: phone, up to 40 characters. */
  readonly MobilePhone?: string | null | undefined;
  /** Home Phone: phone, up to 40 characters. */
  readonly HomePhone?: string | null | undefined;
  /** Other Phone: phone, up to 40 characters. */
  readonly OtherPhone?: string | null | undefined;
  /** Business Fax: phone, up to 40 characters. */
  readonly Fax?: string | null | undefined;
  /** Assistant's Name: string, up to 40 characters. */
  readonly AssistantName?: string | null | undefined;
  /** Asst. Phone: phone, up to 40 characters. */
  readonly AssistantPhone?: string | null | undefined;
  /** Reports To ID: reference, up to 18 characters, an id of Contact. */
  readonly ReportsToId?: string | null | undefined;
  /** Lead Source: picklist, up to 255 characters. */
  readonly LeadSource?: string | null | undefined;
  /** Birthdate: date. */
  readonly Birthdate?: Date | string | null | undefined;
  /** Contact Description: textarea, up to 32,000 characters. */
  readonly Description?: string | null | undefined;
  /** Owner ID: reference, up to 18 characters, an id of User. */
  readonly OwnerId?: string | null | undefined;
  /** Email Opt Out: boolean. */
  readonly HasOptedOutOfEmail?: boolean | null | undefined;
  /** Fax Opt Out: boolean. */
  readonly HasOptedOutOfFax?: boolean | null | undefined;
  /** Do Not Call: boolean. */
  readonly DoNotCall?: boolean | null | undefined;
  /** Mailing Street: textarea, up to 255 characters. */
  readonly MailingStreet?: string | null | undefined;
  /** Mailing City: string, up to 40 characters. */
  readonly MailingCity?: string | null | undefined;
  /** Mailing State/Province: string, up to 80 characters. */
  readonly MailingState?: string | null | undefined;
  /** Mailing Zip/Postal Code: string, up to 20 characters. */
  readonly MailingPostalCode?: string | null | undefined;
  /** Mailing Country: string, up to 80 characters. */
  readonly MailingCountry?: string | null | undefined;
  /** Mailing Latitude: double. */
  readonly MailingLatitude?: number | null | undefined;
  /** Mailing Longitude: double. */
  readonly MailingLongitude?: number | null | undefined;
  /** Mailing Geocode Accuracy: picklist, up to 40 characters. */
  readonly MailingGeocodeAccuracy?: string | null | undefined;
  /** Other Street: textarea, up to 255 characters. */
  readonly OtherStreet?: string | null | undefined;
  /** Other City: string, up to 40 characters. */
  readonly OtherCity?: string | null | undefined;
  /** Other State/Province: string, up to 80 characters. */
  readonly OtherState?: string | null | undefined;
  /** Other Zip/Postal Code: string, up to 20 characters. */
  readonly OtherPostalCode?: string | null | undefined;
  /** Other Country: string, up to 80 characters. */
  readonly OtherCountry?: string | null | undefined;
  /** Other Latitude: double. */
  readonly OtherLatitude?: number | null | undefined;
  /** Other Longitude: double. */
  readonly OtherLongitude?: number | null | undefined;
  /** Other Geocode Accuracy: picklist, up to 40 characters. */
  readonly OtherGeocodeAccuracy?: string | null | undefined;
  /** Data.com Key: string, up to 20 characters. */
  readonly Jigsaw?: string | null | undefined;
  /** Clean Status: picklist, up to 40 characters. */
  readonly CleanStatus?: string | null | undefined;
  /** Email Bounced Reason: string, up to 255 characters. */
  readonly EmailBouncedReason?: string | null | undefined;
  /** Email Bounced Date: datetime. */
  readonly EmailBouncedDate?: Date | string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: `${string}__c`]: unknown;
}

/** A Salesforce company, as it is created. */
export interface SalesforceCompany {
  /** Account Name: string, required, up to 255 characters. */
  readonly Name?: string | null | undefined;
  /** Account Type: picklist, up to 255 characters. */
  readonly Type?: string | null | undefined;
  /** Industry: picklist, up to 255 characters. */
  readonly Industry?: string | null | undefined;
  /** Website: url, up to 255 characters. */
  readonly Website?: string | null | undefined;
  /** Account Phone: phone, up to 40 characters. */
  readonly Phone?: string | null | undefined;
  /** Account Fax: phone, up to 40 characters. */
  readonly Fax?: string | null | undefined;
  /** Account Number: string, up to 40 characters. */
  readonly AccountNumber?: string | null | undefined;
  /** Annual Revenue: currency. */
  readonly AnnualRevenue?: number | null | undefined;
  /** Employees: int. */
  readonly NumberOfEmployees?: number | bigint | null | undefined;
  /** Ownership: picklist, up to 255 characters. */
  readonly Ownership?: string | null | undefined;
  /** Account Rating: picklist, up to 255 characters. */
  readonly Rating?: string | null | undefined;
  /** Account Site: string, up to 80 characters. */
  readonly Site?: string | null | undefined;
  /** Ticker Symbol: string, up to 20 characters. */
  readonly TickerSymbol?: string | null | undefined;
  /** SIC Code: string, up to 20 characters. */
  readonly Sic?: string | null | undefined;
  /** SIC Description: string, up to 80 characters. */
  readonly SicDesc?: string | null | undefined;
  /** Account Source: picklist, up to 255 characters. */
  readonly AccountSource?: string | null | undefined;
  /** Account Description: textarea, up to 32,000 characters. */
  readonly Description?: string | null | undefined;
  /** Parent Account ID: reference, up to 18 characters, an id of Account. */
  readonly ParentId?: string | null | undefined;
  /** Owner ID: reference, up to 18 characters, an id of User. */
  readonly OwnerId?: string | null | undefined;
  /** Billing Street: textarea, up to 255 characters. */
  readonly BillingStreet?: string | null | undefined;
  /** Billing City: string, up to 40 characters. */
  readonly BillingCity?: string | null | undefined;
  /** Billing State/Province: string, up to 80 characters. */
  readonly BillingState?: string | null | undefined;
  /** Billing Zip/Postal Code: string, up to 20 characters. */
  readonly BillingPostalCode?: string | null | undefined;
  /** Billing Country: string, up to 80 characters. */
  readonly BillingCountry?: string | null | undefined;
  /** Billing Latitude: double. */
  readonly BillingLatitude?: number | null | undefined;
  /** Billing Longitude: double. */
  readonly BillingLongitude?: number | null | undefined;
  /** Billing Geocode Accuracy: picklist, up to 40 characters. */
  readonly BillingGeocodeAccuracy?: string | null | undefined;
  /** Shipping Street: textarea, up to 255 characters. */
  readonly ShippingStreet?: string | null | undefined;
  /** Shipping City: string, up to 40 characters. */
  readonly ShippingCity?: string | null | undefined;
  /** Shipping State/Province: string, up to 80 characters. */
  readonly ShippingState?: string | null | undefined;
  /** Shipping Zip/Postal Code: string, up to 20 characters. */
  readonly ShippingPostalCode?: string | null | undefined;
  /** Shipping Country: string, up to 80 characters. */
  readonly ShippingCountry?: string | null | undefined;
  /** Shipping Latitude: double. */
  readonly ShippingLatitude?: number | null | undefined;
  /** Shipping Longitude: double. */
  readonly ShippingLongitude?: number | null | undefined;
  /** Shipping Geocode Accuracy: picklist, up to 40 characters. */
  readonly ShippingGeocodeAccuracy?: string | null | undefined;
  /** Data.com Key: string, up to 20 characters. */
  readonly Jigsaw?: string | null | undefined;
  /** Clean Status: picklist, up to 40 characters. */
  readonly CleanStatus?: string | null | undefined;
  /** D-U-N-S Number: string, up to 9 characters. */
  readonly DunsNumber?: string | null | undefined;
  /** Tradestyle: string, up to 255 characters. */
  readonly Tradestyle?: string | null | undefined;
  /** NAICS Code: string, up to 8 characters. */
  readonly NaicsCode?: string | null | undefined;
  /** NAICS Description: string, up to 120 characters. */
  readonly NaicsDesc?: string | null | undefined;
  /** Year Started: string, up to 4 characters. */
  readonly YearStarted?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: `${string}__c`]: unknown;
}

/** A Salesforce lead; it names fields, as no push creates one. */
export interface SalesforceLead {
  /** Last Name: string, required, up to 80 characters. */
  readonly LastName?: string | null | undefined;
  /** Company: string, required, up to 255 characters. */
  readonly Company?: string | null | undefined;
  /** First Name: string, up to 40 characters. */
  readonly FirstName?: string | null | undefined;
  /** Salutation: picklist, up to 40 characters. */
  readonly Salutation?: string | null | undefined;
  /** Email: email, up to 80 characters. */
  readonly Email?: string | null | undefined;
  /** Title: string, up to 128 characters. */
  readonly Title?: string | null | undefined;
  /** Phone: phone, up to 40 characters. */
  readonly Phone?: string | null | undefined;
  /** Mobile Phone: phone, up to 40 characters. */
  readonly MobilePhone?: string | null | undefined;
  /** Fax: phone, up to 40 characters. */
  readonly Fax?: string | null | undefined;
  /** Website: url, up to 255 characters. */
  readonly Website?: string | null | undefined;
  /** Lead Status: picklist, up to 255 characters. */
  readonly Status?: string | null | undefined;
  /** Lead Source: picklist, up to 255 characters. */
  readonly LeadSource?: string | null | undefined;
  /** Industry: picklist, up to 255 characters. */
  readonly Industry?: string | null | undefined;
  /** Rating: picklist, up to 255 characters. */
  readonly Rating?: string | null | undefined;
  /** Annual Revenue: currency. */
  readonly AnnualRevenue?: number | null | undefined;
  /** Employees: int. */
  readonly NumberOfEmployees?: number | bigint | null | undefined;
  /** Description: textarea, up to 32,000 characters. */
  readonly Description?: string | null | undefined;
  /** Street: textarea, up to 255 characters. */
  readonly Street?: string | null | undefined;
  /** City: string, up to 40 characters. */
  readonly City?: string | null | undefined;
  /** State/Province: string, up to 80 characters. */
  readonly State?: string | null | undefined;
  /** Zip/Postal Code: string, up to 20 characters. */
  readonly PostalCode?: string | null | undefined;
  /** Country: string, up to 80 characters. */
  readonly Country?: string | null | undefined;
  /** Latitude: double. */
  readonly Latitude?: number | null | undefined;
  /** Longitude: double. */
  readonly Longitude?: number | null | undefined;
  /** Geocode Accuracy: picklist, up to 40 characters. */
  readonly GeocodeAccuracy?: string | null | undefined;
  /** Owner ID: reference, up to 18 characters, an id of Group or User. */
  readonly OwnerId?: string | null | undefined;
  /** Unread By Owner: boolean. */
  readonly IsUnreadByOwner?: boolean | null | undefined;
  /** Data.com Key: string, up to 20 characters. */
  readonly Jigsaw?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: `${string}__c`]: unknown;
}

/** A Salesforce deal; it names fields, as no push creates one. */
export interface SalesforceDeal {
  /** Name: string, required, up to 120 characters. */
  readonly Name?: string | null | undefined;
  /** Stage: picklist, required, up to 255 characters. */
  readonly StageName?: string | null | undefined;
  /** Close Date: date, required. */
  readonly CloseDate?: Date | string | null | undefined;
  /** Amount: currency. */
  readonly Amount?: number | null | undefined;
  /** Account ID: reference, up to 18 characters, an id of Account. */
  readonly AccountId?: string | null | undefined;
  /** Contact ID: reference, up to 18 characters, an id of Contact. */
  readonly ContactId?: string | null | undefined;
  /** Campaign ID: reference, up to 18 characters, an id of Campaign. */
  readonly CampaignId?: string | null | undefined;
  /** Price Book ID: reference, up to 18 characters, an id of Pricebook2. */
  readonly Pricebook2Id?: string | null | undefined;
  /** Owner ID: reference, up to 18 characters, an id of User. */
  readonly OwnerId?: string | null | undefined;
  /** Probability (%): percent. */
  readonly Probability?: number | null | undefined;
  /** Opportunity Type: picklist, up to 255 characters. */
  readonly Type?: string | null | undefined;
  /** Next Step: string, up to 255 characters. */
  readonly NextStep?: string | null | undefined;
  /** Lead Source: picklist, up to 255 characters. */
  readonly LeadSource?: string | null | undefined;
  /** Forecast Category: picklist, up to 255 characters. */
  readonly ForecastCategoryName?: string | null | undefined;
  /** Quantity: double. */
  readonly TotalOpportunityQuantity?: number | null | undefined;
  /** Description: textarea, up to 32,000 characters. */
  readonly Description?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: `${string}__c`]: unknown;
}

/** A Pipedrive contact, as it is created. */
export interface PipedriveContact {
  /** Name: varchar, required, up to 255 characters. */
  readonly name?: string | null | undefined;
  /** Email: varchar. */
  readonly emails?: readonly unknown[] | null | undefined;
  /** Phone: phone. */
  readonly phones?: readonly unknown[] | null | undefined;
  /** Organization: org, an id of organizations. */
  readonly org_id?: unknown;
  /** Owner: user, an id of users. */
  readonly owner_id?: unknown;
  /** Labels: set. */
  readonly label_ids?: readonly unknown[] | null | undefined;
  /** Visible to: visible_to. */
  readonly visible_to?: unknown;
  /** Marketing status: enum. */
  readonly marketing_status?: unknown;
  /** Person created: date. */
  readonly add_time?: unknown;
  /** Update time: date. */
  readonly update_time?: unknown;
}

/** A Pipedrive company, as it is created. */
export interface PipedriveCompany {
  /** Name: varchar, required, up to 255 characters. */
  readonly name?: string | null | undefined;
  /** Owner: user, an id of users. */
  readonly owner_id?: unknown;
  /** Address: address. */
  readonly address?: unknown;
  /** Labels: set. */
  readonly label_ids?: readonly unknown[] | null | undefined;
  /** Visible to: visible_to. */
  readonly visible_to?: unknown;
  /** Organization created: date. */
  readonly add_time?: unknown;
  /** Update time: date. */
  readonly update_time?: unknown;
  /** Website: varchar. */
  readonly website?: string | null | undefined;
  /** LinkedIn profile: varchar. */
  readonly linkedin?: string | null | undefined;
  /** Industry: enum. */
  readonly industry?: unknown;
  /** Annual revenue: monetary. */
  readonly annual_revenue?: unknown;
  /** Number of employees: int. */
  readonly employee_count?: number | bigint | null | undefined;
}

/** A Pipedrive lead; it names fields, as no push creates one. */
export interface PipedriveLead {
  /** Title: varchar, required, up to 255 characters. */
  readonly title?: string | null | undefined;
  /** Contact person: people, an id of persons. */
  readonly person_id?: unknown;
  /** Organization: org, an id of organizations. */
  readonly organization_id?: unknown;
  /** Owner: user, an id of users. */
  readonly owner_id?: unknown;
  /** Labels: set. */
  readonly label_ids?: readonly unknown[] | null | undefined;
  /** Value: monetary. */
  readonly value?: unknown;
  /** Expected close date: date. */
  readonly expected_close_date?: unknown;
  /** Visible to: visible_to. */
  readonly visible_to?: unknown;
  /** Seen: boolean. */
  readonly was_seen?: boolean | null | undefined;
  /** Source origin ID: varchar. */
  readonly origin_id?: string | null | undefined;
  /** Source channel: enum. */
  readonly channel?: unknown;
  /** Source channel ID: varchar. */
  readonly channel_id?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: string]: unknown;
}

/** A Pipedrive deal; it names fields, as no push creates one. */
export interface PipedriveDeal {
  /** Title: varchar, required, up to 255 characters. */
  readonly title?: string | null | undefined;
  /** Value: monetary. */
  readonly value?: unknown;
  /** Currency: varchar, up to 3 characters. */
  readonly currency?: string | null | undefined;
  /** Contact person: people, an id of persons. */
  readonly person_id?: unknown;
  /** Organization: org, an id of organizations. */
  readonly org_id?: unknown;
  /** Owner: user, an id of users. */
  readonly owner_id?: unknown;
  /** Pipeline: double. */
  readonly pipeline_id?: unknown;
  /** Stage: stage. */
  readonly stage_id?: unknown;
  /** Status: status. */
  readonly status?: string | null | undefined;
  /** Expected close date: date. */
  readonly expected_close_date?: unknown;
  /** Probability: int. */
  readonly probability?: number | bigint | null | undefined;
  /** Lost reason: varchar_options. */
  readonly lost_reason?: unknown;
  /** Label: set. */
  readonly label_ids?: readonly unknown[] | null | undefined;
  /** Visible to: visible_to. */
  readonly visible_to?: unknown;
  /** Deal created: date. */
  readonly add_time?: unknown;
  /** Deal closed on: date. */
  readonly close_time?: unknown;
  /** Won time: date. */
  readonly won_time?: unknown;
  /** Lost time: date. */
  readonly lost_time?: unknown;
  /** Is archived: boolean. */
  readonly is_archived?: boolean | null | undefined;
  /** Archive time: date. */
  readonly archive_time?: unknown;
  /** Fields of the customer's own. */
  readonly [custom: string]: unknown;
}

/** A Zoho contact, as it is created. */
export interface ZohoContact {
  /** Last Name: text, required, up to 80 characters. */
  readonly Last_Name?: string | null | undefined;
  /** First Name: text, up to 40 characters. */
  readonly First_Name?: string | null | undefined;
  /** Salutation: picklist. */
  readonly Salutation?: string | null | undefined;
  /** Email: email, up to 100 characters. */
  readonly Email?: string | null | undefined;
  /** Secondary Email: email, up to 100 characters. */
  readonly Secondary_Email?: string | null | undefined;
  /** Account Name: lookup, an id of Accounts. */
  readonly Account_Name?: unknown;
  /** Vendor Name: lookup, an id of Vendors. */
  readonly Vendor_Name?: unknown;
  /** Title: text, up to 100 characters. */
  readonly Title?: string | null | undefined;
  /** Department: text, up to 50 characters. */
  readonly Department?: string | null | undefined;
  /** Phone: phone, up to 50 characters. */
  readonly Phone?: string | null | undefined;
  /** Mobile: phone, up to 30 characters. */
  readonly Mobile?: string | null | undefined;
  /** Home Phone: phone, up to 30 characters. */
  readonly Home_Phone?: string | null | undefined;
  /** Other Phone: phone, up to 30 characters. */
  readonly Other_Phone?: string | null | undefined;
  /** Fax: text, up to 30 characters. */
  readonly Fax?: string | null | undefined;
  /** Assistant: text, up to 50 characters. */
  readonly Assistant?: string | null | undefined;
  /** Asst Phone: phone, up to 30 characters. */
  readonly Asst_Phone?: string | null | undefined;
  /** Reporting To: lookup, an id of Contacts. */
  readonly Reporting_To?: unknown;
  /** Lead Source: picklist. */
  readonly Lead_Source?: string | null | undefined;
  /** Date of Birth: date. */
  readonly Date_of_Birth?: Date | string | null | undefined;
  /** Email Opt Out: boolean. */
  readonly Email_Opt_Out?: boolean | null | undefined;
  /** Skype ID: text, up to 50 characters. */
  readonly Skype_ID?: string | null | undefined;
  /** Twitter: text, up to 50 characters. */
  readonly Twitter?: string | null | undefined;
  /** Mailing Street: text, up to 250 characters. */
  readonly Mailing_Street?: string | null | undefined;
  /** Mailing City: text, up to 100 characters. */
  readonly Mailing_City?: string | null | undefined;
  /** Mailing State: text, up to 100 characters. */
  readonly Mailing_State?: string | null | undefined;
  /** Mailing Zip: text, up to 30 characters. */
  readonly Mailing_Zip?: string | null | undefined;
  /** Mailing Country: text, up to 100 characters. */
  readonly Mailing_Country?: string | null | undefined;
  /** Other Street: text, up to 250 characters. */
  readonly Other_Street?: string | null | undefined;
  /** Other City: text, up to 100 characters. */
  readonly Other_City?: string | null | undefined;
  /** Other State: text, up to 100 characters. */
  readonly Other_State?: string | null | undefined;
  /** Other Zip: text, up to 30 characters. */
  readonly Other_Zip?: string | null | undefined;
  /** Other Country: text, up to 100 characters. */
  readonly Other_Country?: string | null | undefined;
  /** Description: textarea, up to 32,000 characters. */
  readonly Description?: string | null | undefined;
  /** Contact Owner: ownerlookup. */
  readonly Owner?: unknown;
  /** Tag: text. */
  readonly Tag?: readonly unknown[] | null | undefined;
}

/** A Zoho company, as it is created. */
export interface ZohoCompany {
  /** Account Name: text, required, up to 200 characters. */
  readonly Account_Name?: string | null | undefined;
  /** Website: website, up to 255 characters. */
  readonly Website?: string | null | undefined;
  /** Phone: phone, up to 30 characters. */
  readonly Phone?: string | null | undefined;
  /** Fax: text, up to 30 characters. */
  readonly Fax?: string | null | undefined;
  /** Industry: picklist. */
  readonly Industry?: string | null | undefined;
  /** Account Type: picklist. */
  readonly Account_Type?: string | null | undefined;
  /** Ownership: picklist. */
  readonly Ownership?: string | null | undefined;
  /** Rating: picklist. */
  readonly Rating?: string | null | undefined;
  /** Employees: integer. */
  readonly Employees?: number | bigint | null | undefined;
  /** Annual Revenue: currency. */
  readonly Annual_Revenue?: number | null | undefined;
  /** Account Number: bigint. */
  readonly Account_Number?: unknown;
  /** Account Site: text, up to 80 characters. */
  readonly Account_Site?: string | null | undefined;
  /** Ticker Symbol: text, up to 30 characters. */
  readonly Ticker_Symbol?: string | null | undefined;
  /** SIC Code: integer. */
  readonly SIC_Code?: number | bigint | null | undefined;
  /** Parent Account: lookup, an id of Accounts. */
  readonly Parent_Account?: unknown;
  /** Billing Street: text, up to 250 characters. */
  readonly Billing_Street?: string | null | undefined;
  /** Billing City: text, up to 100 characters. */
  readonly Billing_City?: string | null | undefined;
  /** Billing State: text, up to 100 characters. */
  readonly Billing_State?: string | null | undefined;
  /** Billing Code: text, up to 30 characters. */
  readonly Billing_Code?: string | null | undefined;
  /** Billing Country: text, up to 100 characters. */
  readonly Billing_Country?: string | null | undefined;
  /** Shipping Street: text, up to 250 characters. */
  readonly Shipping_Street?: string | null | undefined;
  /** Shipping City: text, up to 100 characters. */
  readonly Shipping_City?: string | null | undefined;
  /** Shipping State: text, up to 100 characters. */
  readonly Shipping_State?: string | null | undefined;
  /** Shipping Code: text, up to 30 characters. */
  readonly Shipping_Code?: string | null | undefined;
  /** Shipping Country: text, up to 100 characters. */
  readonly Shipping_Country?: string | null | undefined;
  /** Description: textarea, up to 32,000 characters. */
  readonly Description?: string | null | undefined;
  /** Account Owner: ownerlookup. */
  readonly Owner?: unknown;
  /** Currency: picklist. */
  readonly Currency?: string | null | undefined;
  /** Exchange Rate: double. */
  readonly Exchange_Rate?: number | null | undefined;
  /** Tag: text. */
  readonly Tag?: readonly unknown[] | null | undefined;
}

/** A Zoho lead; it names fields, as no push creates one. */
export interface ZohoLead {
  /** Lead Owner: ownerlookup. */
  readonly Owner?: unknown;
  /** Company: text, up to 200 characters. */
  readonly Company?: string | null | undefined;
  /** First Name: text, up to 40 characters. */
  readonly First_Name?: string | null | undefined;
  /** Last Name: text, required, up to 80 characters. */
  readonly Last_Name?: string | null | undefined;
  /** Title: text, up to 100 characters. */
  readonly Designation?: string | null | undefined;
  /** Email: email, up to 100 characters. */
  readonly Email?: string | null | undefined;
  /** Phone: phone, up to 30 characters. */
  readonly Phone?: string | null | undefined;
  /** Fax: text, up to 30 characters. */
  readonly Fax?: string | null | undefined;
  /** Mobile: phone, up to 30 characters. */
  readonly Mobile?: string | null | undefined;
  /** Website: website, up to 255 characters. */
  readonly Website?: string | null | undefined;
  /** Lead Source: picklist. */
  readonly Lead_Source?: string | null | undefined;
  /** Lead Status: picklist. */
  readonly Lead_Status?: string | null | undefined;
  /** Industry: picklist. */
  readonly Industry?: string | null | undefined;
  /** No. of Employees: integer. */
  readonly No_of_Employees?: number | bigint | null | undefined;
  /** Annual Revenue: currency. */
  readonly Annual_Revenue?: number | null | undefined;
  /** Rating: picklist. */
  readonly Rating?: string | null | undefined;
  /** Street: text, up to 250 characters. */
  readonly Street?: string | null | undefined;
  /** City: text, up to 100 characters. */
  readonly City?: string | null | undefined;
  /** State: text, up to 100 characters. */
  readonly State?: string | null | undefined;
  /** Zip Code: text, up to 30 characters. */
  readonly Zip_Code?: string | null | undefined;
  /** Country: text, up to 100 characters. */
  readonly Country?: string | null | undefined;
  /** Description: textarea, up to 32,000 characters. */
  readonly Description?: string | null | undefined;
  /** Skype ID: text, up to 50 characters. */
  readonly Skype_ID?: string | null | undefined;
  /** Email Opt Out: boolean. */
  readonly Email_Opt_Out?: boolean | null | undefined;
  /** Salutation: picklist. */
  readonly Salutation?: string | null | undefined;
  /** Secondary Email: email, up to 100 characters. */
  readonly Secondary_Email?: string | null | undefined;
  /** Twitter: text, up to 50 characters. */
  readonly Twitter?: string | null | undefined;
  /** Tag: text. */
  readonly Tag?: readonly unknown[] | null | undefined;
  /** Most Recent Visit: datetime. */
  readonly Last_Visited_Time?: Date | string | null | undefined;
  /** First Page Visited: website, up to 3,000 characters. */
  readonly First_Visited_URL?: string | null | undefined;
  /** Average Time Spent (Minutes): double. */
  readonly Average_Time_Spent_Minutes?: number | null | undefined;
  /** Number Of Chats: integer. */
  readonly Number_Of_Chats?: number | bigint | null | undefined;
  /** Referrer: website, up to 3,000 characters. */
  readonly Referrer?: string | null | undefined;
  /** Visitor Score: bigint. */
  readonly Visitor_Score?: unknown;
  /** First Visit: datetime. */
  readonly First_Visited_Time?: Date | string | null | undefined;
  /** Days Visited: integer. */
  readonly Days_Visited?: number | bigint | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: string]: unknown;
}

/** A Zoho deal; it names fields, as no push creates one. */
export interface ZohoDeal {
  /** Deal Name: text, required, up to 120 characters. */
  readonly Deal_Name?: string | null | undefined;
  /** Stage: picklist, required. */
  readonly Stage?: string | null | undefined;
  /** Closing Date: date. */
  readonly Closing_Date?: Date | string | null | undefined;
  /** Account Name: lookup, an id of Accounts. */
  readonly Account_Name?: unknown;
  /** Pipeline: picklist. */
  readonly Pipeline?: string | null | undefined;
  /** Amount: currency. */
  readonly Amount?: number | null | undefined;
  /** Probability (%): integer. */
  readonly Probability?: number | bigint | null | undefined;
  /** Contact Name: lookup, an id of Contacts. */
  readonly Contact_Name?: unknown;
  /** Type: picklist. */
  readonly Type?: string | null | undefined;
  /** Next Step: text, up to 100 characters. */
  readonly Next_Step?: string | null | undefined;
  /** Lead Source: picklist. */
  readonly Lead_Source?: string | null | undefined;
  /** Campaign Source: lookup, an id of Campaigns. */
  readonly Campaign_Source?: unknown;
  /** Reason For Loss: picklist. */
  readonly Reason_For_Loss__s?: string | null | undefined;
  /** Description: textarea, up to 32,000 characters. */
  readonly Description?: string | null | undefined;
  /** Deal Owner: ownerlookup. */
  readonly Owner?: unknown;
  /** Territory: lookup. */
  readonly Territory?: unknown;
  /** Tag: text. */
  readonly Tag?: readonly unknown[] | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: string]: unknown;
}

/** A SugarCRM contact, as it is created. */
export interface SugarcrmContact {
  /** First Name: varchar, up to 255 characters. */
  readonly first_name?: string | null | undefined;
  /** Last Name: varchar, required, up to 255 characters. */
  readonly last_name?: string | null | undefined;
  /** Salutation: enum, up to 255 characters. */
  readonly salutation?: string | null | undefined;
  /** Title: varchar, up to 100 characters. */
  readonly title?: string | null | undefined;
  /** Department: varchar, up to 255 characters. */
  readonly department?: string | null | undefined;
  /** Email Address: email, up to 100 characters. */
  readonly email?: readonly unknown[] | null | undefined;
  /** Email Address: varchar. */
  readonly email1?: string | null | undefined;
  /** Other Email: varchar. */
  readonly email2?: string | null | undefined;
  /** Email Opt Out: bool. */
  readonly email_opt_out?: boolean | string | null | undefined;
  /** Invalid Email: bool. */
  readonly invalid_email?: boolean | string | null | undefined;
  /** Office Phone: phone, up to 100 characters. */
  readonly phone_work?: string | null | undefined;
  /** Mobile: phone, up to 100 characters. */
  readonly phone_mobile?: string | null | undefined;
  /** Home: phone, up to 100 characters. */
  readonly phone_home?: string | null | undefined;
  /** Other Phone: phone, up to 100 characters. */
  readonly phone_other?: string | null | undefined;
  /** Fax: phone, up to 100 characters. */
  readonly phone_fax?: string | null | undefined;
  /** Account Name: relate, up to 255 characters, an id of Accounts. */
  readonly account_name?: string | null | undefined;
  /** Account ID: relate, an id of Accounts. */
  readonly account_id?: string | null | undefined;
  /** Lead Source: enum, up to 255 characters. */
  readonly lead_source?: string | null | undefined;
  /** Birthdate: date. */
  readonly birthdate?: Date | string | null | undefined;
  /** Do Not Call: bool. */
  readonly do_not_call?: boolean | string | null | undefined;
  /** Description: text. */
  readonly description?: string | null | undefined;
  /** Assistant: varchar, up to 75 characters. */
  readonly assistant?: string | null | undefined;
  /** Assistant Phone: phone, up to 100 characters. */
  readonly assistant_phone?: string | null | undefined;
  /** Reports to ID: id, an id of Contacts. */
  readonly reports_to_id?: string | null | undefined;
  /** Reports To: relate, an id of Contacts. */
  readonly report_to_name?: string | null | undefined;
  /** Primary Address Street: text. */
  readonly primary_address_street?: string | null | undefined;
  /** Primary Address City: varchar, up to 100 characters. */
  readonly primary_address_city?: string | null | undefined;
  /** Primary Address State: varchar, up to 100 characters. */
  readonly primary_address_state?: string | null | undefined;
  /** Primary Address Postal Code: varchar, up to 20 characters. */
  readonly primary_address_postalcode?: string | null | undefined;
  /** Primary Address Country: varchar. */
  readonly primary_address_country?: string | null | undefined;
  /** Alternate Address Street: text. */
  readonly alt_address_street?: string | null | undefined;
  /** Alternate Address City: varchar, up to 100 characters. */
  readonly alt_address_city?: string | null | undefined;
  /** Alternate Address State: varchar, up to 100 characters. */
  readonly alt_address_state?: string | null | undefined;
  /** Alternate Address Postal Code: varchar, up to 20 characters. */
  readonly alt_address_postalcode?: string | null | undefined;
  /** Alternate Address Country: varchar. */
  readonly alt_address_country?: string | null | undefined;
  /** Facebook Account: varchar, up to 100 characters. */
  readonly facebook?: string | null | undefined;
  /** Twitter Account: varchar, up to 100 characters. */
  readonly twitter?: string | null | undefined;
  /** Google Plus ID: varchar, up to 100 characters. */
  readonly googleplus?: string | null | undefined;
  /** Language Preference: enum. */
  readonly preferred_language?: string | null | undefined;
  /** Campaign ID: id, an id of Campaigns. */
  readonly campaign_id?: string | null | undefined;
  /** Campaign: relate, an id of Campaigns. */
  readonly campaign_name?: string | null | undefined;
  /** Portal Name: username, up to 255 characters. */
  readonly portal_name?: string | null | undefined;
  /** Portal Active: bool. */
  readonly portal_active?: boolean | string | null | undefined;
  /** D&B Principal Id: varchar, up to 30 characters. */
  readonly dnb_principal_id?: string | null | undefined;
  /** Business Purposes Consented for: multienum, up to 255 characters. */
  readonly dp_business_purpose?: unknown;
  /** Consent Last Updated: date. */
  readonly dp_consent_last_updated?: Date | string | null | undefined;
  /** Avatar: image, up to 255 characters. */
  readonly picture?: unknown;
  /** Tags: tag. */
  readonly tag?: unknown;
  /** Teams: relate. */
  readonly team_name?: string | null | undefined;
  /** Assigned User: id, an id of Users. */
  readonly assigned_user_id?: string | null | undefined;
  /** Assigned to: relate, an id of Users. */
  readonly assigned_user_name?: string | null | undefined;
  /** ID: id. */
  readonly id?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: `${string}_c`]: unknown;
}

/** A SugarCRM company, as it is created. */
export interface SugarcrmCompany {
  /** Name: name, required, up to 255 characters. */
  readonly name?: string | null | undefined;
  /** Type: enum, up to 50 characters. */
  readonly account_type?: string | null | undefined;
  /** Industry: enum, up to 50 characters. */
  readonly industry?: string | null | undefined;
  /** Website: url, up to 255 characters. */
  readonly website?: string | null | undefined;
  /** Email Address: email, up to 100 characters. */
  readonly email?: readonly unknown[] | null | undefined;
  /** Email Address: varchar. */
  readonly email1?: string | null | undefined;
  /** Office Phone: phone, up to 100 characters. */
  readonly phone_office?: string | null | undefined;
  /** Alternate Phone: phone, up to 100 characters. */
  readonly phone_alternate?: string | null | undefined;
  /** Fax: phone, up to 100 characters. */
  readonly phone_fax?: string | null | undefined;
  /** Annual Revenue: varchar, up to 100 characters. */
  readonly annual_revenue?: string | null | undefined;
  /** Employees: varchar, up to 10 characters. */
  readonly employees?: string | null | undefined;
  /** Ownership: varchar, up to 100 characters. */
  readonly ownership?: string | null | undefined;
  /** Rating: varchar, up to 100 characters. */
  readonly rating?: string | null | undefined;
  /** Ticker Symbol: varchar, up to 10 characters. */
  readonly ticker_symbol?: string | null | undefined;
  /** SIC Code: varchar, up to 10 characters. */
  readonly sic_code?: string | null | undefined;
  /** DUNS: varchar, up to 15 characters. */
  readonly duns_num?: string | null | undefined;
  /** Service Level: enum. */
  readonly service_level?: string | null | undefined;
  /** Parent Account ID: id, an id of Accounts. */
  readonly parent_id?: string | null | undefined;
  /** Member of: relate, an id of Accounts. */
  readonly parent_name?: string | null | undefined;
  /** Description: text. */
  readonly description?: string | null | undefined;
  /** Billing Street: text. */
  readonly billing_address_street?: string | null | undefined;
  /** Billing City: varchar, up to 100 characters. */
  readonly billing_address_city?: string | null | undefined;
  /** Billing State: varchar, up to 100 characters. */
  readonly billing_address_state?: string | null | undefined;
  /** Billing Postal Code: varchar, up to 20 characters. */
  readonly billing_address_postalcode?: string | null | undefined;
  /** Billing Country: varchar. */
  readonly billing_address_country?: string | null | undefined;
  /** Shipping Street: text. */
  readonly shipping_address_street?: string | null | undefined;
  /** Shipping City: varchar, up to 100 characters. */
  readonly shipping_address_city?: string | null | undefined;
  /** Shipping State: varchar, up to 100 characters. */
  readonly shipping_address_state?: string | null | undefined;
  /** Shipping Postal Code: varchar, up to 20 characters. */
  readonly shipping_address_postalcode?: string | null | undefined;
  /** Shipping Country: varchar. */
  readonly shipping_address_country?: string | null | undefined;
  /** Facebook Account: varchar, up to 100 characters. */
  readonly facebook?: string | null | undefined;
  /** Twitter Account: varchar, up to 100 characters. */
  readonly twitter?: string | null | undefined;
  /** Google Plus ID: varchar, up to 100 characters. */
  readonly googleplus?: string | null | undefined;
  /** Campaign ID: id, an id of Campaigns. */
  readonly campaign_id?: string | null | undefined;
  /** Campaign: relate, an id of Campaigns. */
  readonly campaign_name?: string | null | undefined;
  /** Tags: tag. */
  readonly tag?: unknown;
  /** Teams: relate. */
  readonly team_name?: string | null | undefined;
  /** Assigned User: id, an id of Users. */
  readonly assigned_user_id?: string | null | undefined;
  /** Assigned to: relate, an id of Users. */
  readonly assigned_user_name?: string | null | undefined;
  /** ID: id. */
  readonly id?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: `${string}_c`]: unknown;
}

/** A SugarCRM lead; it names fields, as no push creates one. */
export interface SugarcrmLead {
  /** Last Name: varchar, required, up to 255 characters. */
  readonly last_name?: string | null | undefined;
  /** First Name: varchar, up to 255 characters. */
  readonly first_name?: string | null | undefined;
  /** Salutation: enum, up to 255 characters. */
  readonly salutation?: string | null | undefined;
  /** Title: varchar, up to 100 characters. */
  readonly title?: string | null | undefined;
  /** Department: varchar, up to 100 characters. */
  readonly department?: string | null | undefined;
  /** Email Address: email, up to 100 characters. */
  readonly email?: readonly unknown[] | null | undefined;
  /** Email Address: varchar. */
  readonly email1?: string | null | undefined;
  /** Office Phone: phone, up to 100 characters. */
  readonly phone_work?: string | null | undefined;
  /** Mobile: phone, up to 100 characters. */
  readonly phone_mobile?: string | null | undefined;
  /** Home Phone: phone, up to 100 characters. */
  readonly phone_home?: string | null | undefined;
  /** Other Phone: phone, up to 100 characters. */
  readonly phone_other?: string | null | undefined;
  /** Fax: phone, up to 100 characters. */
  readonly phone_fax?: string | null | undefined;
  /** Account Name: varchar, up to 255 characters. */
  readonly account_name?: string | null | undefined;
  /** Account Description: text. */
  readonly account_description?: string | null | undefined;
  /** Website: url, up to 255 characters. */
  readonly website?: string | null | undefined;
  /** Status: enum, up to 100 characters. */
  readonly status?: string | null | undefined;
  /** Status Description: text. */
  readonly status_description?: string | null | undefined;
  /** Lead Source: enum, up to 100 characters. */
  readonly lead_source?: string | null | undefined;
  /** Lead Source Description: text. */
  readonly lead_source_description?: string | null | undefined;
  /** Referred By: varchar, up to 100 characters. */
  readonly refered_by?: string | null | undefined;
  /** Opportunity Name: varchar, up to 255 characters. */
  readonly opportunity_name?: string | null | undefined;
  /** Opportunity Amount: varchar, up to 50 characters. */
  readonly opportunity_amount?: string | null | undefined;
  /** Description: text. */
  readonly description?: string | null | undefined;
  /** Do Not Call: bool. */
  readonly do_not_call?: boolean | string | null | undefined;
  /** Birthdate: date. */
  readonly birthdate?: Date | string | null | undefined;
  /** Primary Address Street: text. */
  readonly primary_address_street?: string | null | undefined;
  /** Primary Address City: varchar, up to 100 characters. */
  readonly primary_address_city?: string | null | undefined;
  /** Primary Address State: varchar, up to 100 characters. */
  readonly primary_address_state?: string | null | undefined;
  /** Primary Address Postal Code: varchar, up to 20 characters. */
  readonly primary_address_postalcode?: string | null | undefined;
  /** Primary Address Country: varchar. */
  readonly primary_address_country?: string | null | undefined;
  /** Alt Address Street: text. */
  readonly alt_address_street?: string | null | undefined;
  /** Alt Address City: varchar, up to 100 characters. */
  readonly alt_address_city?: string | null | undefined;
  /** Alt Address State: varchar, up to 100 characters. */
  readonly alt_address_state?: string | null | undefined;
  /** Alt Address Postal Code: varchar, up to 20 characters. */
  readonly alt_address_postalcode?: string | null | undefined;
  /** Alt Address Country: varchar. */
  readonly alt_address_country?: string | null | undefined;
  /** Assistant: varchar, up to 75 characters. */
  readonly assistant?: string | null | undefined;
  /** Assistant Phone: phone, up to 100 characters. */
  readonly assistant_phone?: string | null | undefined;
  /** Twitter Account: varchar, up to 100 characters. */
  readonly twitter?: string | null | undefined;
  /** Facebook Account: varchar, up to 100 characters. */
  readonly facebook?: string | null | undefined;
  /** Language Preference: enum. */
  readonly preferred_language?: string | null | undefined;
  /** Campaign ID: id, an id of Campaigns. */
  readonly campaign_id?: string | null | undefined;
  /** Converted: bool. */
  readonly converted?: boolean | string | null | undefined;
  /** Contact ID: id, an id of Contacts. */
  readonly contact_id?: string | null | undefined;
  /** Account ID: id, an id of Accounts. */
  readonly account_id?: string | null | undefined;
  /** Opportunity ID: id, an id of Opportunities. */
  readonly opportunity_id?: string | null | undefined;
  /** Tags: tag. */
  readonly tag?: unknown;
  /** Teams: relate. */
  readonly team_name?: string | null | undefined;
  /** Assigned User: id, an id of Users. */
  readonly assigned_user_id?: string | null | undefined;
  /** Assigned to: relate, an id of Users. */
  readonly assigned_user_name?: string | null | undefined;
  /** ID: id. */
  readonly id?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: `${string}_c`]: unknown;
}

/** A SugarCRM deal; it names fields, as no push creates one. */
export interface SugarcrmDeal {
  /** Opportunity Name: name, required, up to 255 characters. */
  readonly name?: string | null | undefined;
  /** Account Name: relate, required, up to 255 characters, an id of Accounts. */
  readonly account_name?: string | null | undefined;
  /** Account ID: relate, an id of Accounts. */
  readonly account_id?: string | null | undefined;
  /** Expected Close Date: date. */
  readonly date_closed?: Date | string | null | undefined;
  /** Sales Stage: enum, up to 255 characters. */
  readonly sales_stage?: string | null | undefined;
  /** Probability (%): int. */
  readonly probability?: number | string | null | undefined;
  /** Type: enum, up to 255 characters. */
  readonly opportunity_type?: string | null | undefined;
  /** Lead Source: enum, up to 50 characters. */
  readonly lead_source?: string | null | undefined;
  /** Next Step: varchar, up to 100 characters. */
  readonly next_step?: string | null | undefined;
  /** Forecast Stage: enum, up to 50 characters. */
  readonly commit_stage?: string | null | undefined;
  /** Currency ID: currency_id. */
  readonly currency_id?: string | null | undefined;
  /** campaign_id: id, an id of Campaigns. */
  readonly campaign_id?: string | null | undefined;
  /** Description: text. */
  readonly description?: string | null | undefined;
  /** Tags: tag. */
  readonly tag?: unknown;
  /** Teams: relate. */
  readonly team_name?: string | null | undefined;
  /** Assigned User: id, an id of Users. */
  readonly assigned_user_id?: string | null | undefined;
  /** Assigned to: relate, an id of Users. */
  readonly assigned_user_name?: string | null | undefined;
  /** Renewal: bool. */
  readonly renewal?: boolean | string | null | undefined;
  /** # of Total Revenue Line Items: int. */
  readonly total_revenue_line_items?: number | string | null | undefined;
  /** ID: id. */
  readonly id?: string | null | undefined;
  /** Fields of the customer's own. */
  readonly [custom: `${string}_c`]: unknown;
}

/** A contact of each CRM, as it is created. */
export interface ContactRecords {
  readonly hubspot: HubspotContact;
  readonly salesforce: SalesforceContact;
  readonly pipedrive: PipedriveContact;
  readonly zoho: ZohoContact;
  readonly sugarcrm: SugarcrmContact;
}

/** A company of each CRM, as it is created. */
export interface CompanyRecords {
  readonly hubspot: HubspotCompany;
  readonly salesforce: SalesforceCompany;
  readonly pipedrive: PipedriveCompany;
  readonly zoho: ZohoCompany;
  readonly sugarcrm: SugarcrmCompany;
}
