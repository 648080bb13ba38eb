//! What columns are usually called, and where each CRM keeps what they hold.
//!
//! Names are written as [`plain`](super::spelling::plain) leaves them: small letters and digits.

use crate::names::Provider;

/// Something that many tables have a column for.
pub(super) struct Idea {
    /// As a reason says it: "usual name for the e-mail address".
    pub what: &'static str,
    /// Its usual names, the clearest first.
    pub names: &'static [&'static str],
    homes: Homes,
}

/// Where the CRMs keep it: HubSpot, Salesforce, Pipedrive, Zoho, SugarCRM.
type Homes = [Home; 5];

/// Where one CRM keeps it.
#[derive(Clone, Copy)]
pub(super) struct Home {
    /// The fields that take it: the best, and others that columns of their own name go into.
    pub fields: &'static [&'static str],
    /// A field that takes it where no column fits that better.
    pub last_resort: Option<&'static str>,
    /// What to say when none of them is free.
    pub otherwise: Otherwise,
}

#[derive(Clone, Copy)]
pub(super) enum Otherwise {
    /// The CRM has no standard field for it.
    Nothing,
    /// The CRM keeps it with the contact's company.
    AtCompany,
    Because(&'static str),
}

use Otherwise::{AtCompany, Because, Nothing};

impl Idea {
    pub fn home(&self, provider: Provider) -> Home {
        let [hubspot, salesforce, pipedrive, zoho, sugarcrm] = self.homes;
        match provider {
            Provider::Hubspot => hubspot,
            Provider::Salesforce => salesforce,
            Provider::Pipedrive => pipedrive,
            Provider::Zoho => zoho,
            Provider::Sugarcrm => sugarcrm,
        }
    }
}

const fn at(fields: &'static [&'static str]) -> Home {
    Home {
        fields,
        last_resort: None,
        otherwise: Nothing,
    }
}

const fn none(otherwise: Otherwise) -> Home {
    Home {
        fields: &[],
        last_resort: None,
        otherwise,
    }
}

const fn because(reason: &'static str) -> Home {
    none(Because(reason))
}

const NOWHERE: Home = none(Nothing);
const COMPANY: Home = none(AtCompany);
const AT_COMPANY: Homes = [COMPANY; 5];
const USER_ID: Homes = [
    because("hubspot_owner_id takes the id of a HubSpot user, not a name"),
    because("OwnerId takes the id of a Salesforce user, not a name"),
    because("owner_id takes the id of a Pipedrive user, not a name"),
    because("Zoho's Owner takes an object with the id of a user, not a name"),
    because("assigned_user_id takes the id of a SugarCRM user, not a name"),
];
const WHOLE_NAME: Home =
    because("Pipedrive keeps first and last name together in name: join them in one column");
const PERSONS_PLACE: Home =
    because("Pipedrive keeps it in postal_address, which a create cannot set");
const ORGANIZATIONS_PLACE: Home =
    because("Pipedrive keeps the whole address in one field, address: join its parts");

#[expect(
    clippy::large_types_passed_by_value,
    reason = "the tables below are made when this is compiled"
)]
const fn idea(what: &'static str, names: &'static [&'static str], homes: Homes) -> Idea {
    Idea { what, names, homes }
}

/// Words before a name that add nothing to it in a table of contacts: `Business City`.
pub(super) const PERSONS_WORDS: &[&str] = &[
    "contact", "person", "lead", "mailing", "business", "work", "primary", "office",
];

/// The same in a table of companies: `Account City`.
pub(super) const COMPANYS_WORDS: &[&str] = &[
    "company",
    "account",
    "organization",
    "organisation",
    "business",
    "corporate",
    "billing",
    "primary",
    "hq",
    "office",
];

/// Names that mean something else beside another column: the name, its neighbour, what it then means.
pub(super) const BESIDE: &[(&str, &str, &str)] = &[
    // Outlook: "Mr", with the job in a column of its own.
    ("title", "jobtitle", "salutation"),
    // LinkedIn's list of connections.
    ("url", "connectedon", "linkedinurl"),
];

#[rustfmt::skip]
pub(super) const CONTACTS: &[Idea] = &[
    idea("the e-mail address",
        &["email", "emailaddress", "workemail", "businessemail", "email1", "email1value", "email1address",
          "primaryemail", "mail", "workemailaddress", "companyemail", "corporateemail", "emailaddress1", "emailwork"],
        [at(&["email", "work_email"]), at(&["Email"]), at(&["email"]), at(&["Email"]), at(&["email1", "email"])]),
    idea("a second e-mail address",
        &["email2", "secondaryemail", "otheremail", "personalemail", "alternateemail", "email2value",
          "email2address", "homeemail", "privateemail", "emailaddress2", "emailhome"],
        [NOWHERE, NOWHERE, because("Pipedrive keeps it as another entry of the list in email"),
         at(&["Secondary_Email"]), at(&["email2"])]),
    idea("the first name",
        &["firstname", "givenname", "forename", "fname", "first"],
        [at(&["firstname"]), at(&["FirstName"]), WHOLE_NAME, at(&["First_Name"]), at(&["first_name"])]),
    idea("the last name",
        &["lastname", "surname", "familyname", "lname", "last", "secondname"],
        [at(&["lastname"]), at(&["LastName"]), WHOLE_NAME, at(&["Last_Name"]), at(&["last_name"])]),
    idea("the whole name",
        &["name", "fullname", "contactname", "displayname", "personname", "fileas"],
        [because("HubSpot keeps first and last name apart, in firstname and lastname"),
         because("Salesforce makes Name of FirstName and LastName: give those"),
         at(&["name"]),
         because("Zoho makes Full_Name of First_Name and Last_Name: give those"),
         because("SugarCRM makes the whole name of first_name and last_name: give those")]),
    idea("the form of address",
        &["salutation", "nameprefix", "prefix", "honorific", "courtesytitle"],
        [at(&["salutation"]), at(&["Salutation"]), NOWHERE, at(&["Salutation"]), at(&["salutation"])]),
    idea("the phone number",
        &["phone", "phonenumber", "workphone", "businessphone", "telephone", "tel", "phone1value", "phone1",
          "directphone", "workdirectphone", "officephone", "directdial", "primaryphone", "telephonenumber",
          "businessphone1", "phonework", "worknumber", "directphonenumber", "workphonenumber"],
        [at(&["phone"]), at(&["Phone"]), at(&["phone"]), at(&["Phone"]), at(&["phone_work"])]),
    idea("the mobile number",
        &["mobile", "mobilephone", "mobilenumber", "mobilephonenumber", "cell", "cellphone", "cellphonenumber",
          "cellnumber", "phonemobile"],
        [at(&["mobilephone"]), at(&["MobilePhone"]),
         Home { last_resort: Some("phone"), ..because("Pipedrive keeps it as an entry of the list in phone, with the label mobile") },
         at(&["Mobile"]), at(&["phone_mobile"])]),
    idea("the phone number at home",
        &["homephone", "phonehome", "privatephone", "personalphone", "homephonenumber"],
        [NOWHERE, at(&["HomePhone"]), because("Pipedrive keeps it as an entry of the list in phone, with the label home"),
         at(&["Home_Phone"]), at(&["phone_home"])]),
    idea("another phone number",
        &["otherphone", "phone2", "phone2value", "businessphone2", "secondaryphone", "alternatephone", "phoneother"],
        [NOWHERE, at(&["OtherPhone"]), because("Pipedrive keeps it as another entry of the list in phone"),
         at(&["Other_Phone"]), at(&["phone_other"])]),
    idea("the fax number",
        &["fax", "faxnumber", "businessfax", "workfax", "phonefax"],
        [at(&["fax"]), at(&["Fax"]), NOWHERE, at(&["Fax"]), at(&["phone_fax"])]),
    idea("the job title",
        &["jobtitle", "title", "position", "jobposition", "organizationtitle", "organization1title",
          "designation", "jobrole", "role", "currenttitle", "occupation"],
        [at(&["jobtitle"]), at(&["Title"]), because("Pipedrive fills job_title itself; a create cannot set it"),
         at(&["Title"]), at(&["title"])]),
    idea("the department",
        &["department", "departments", "dept", "organizationdepartment", "organization1department"],
        [NOWHERE, at(&["Department"]), NOWHERE, at(&["Department"]), at(&["department"])]),
    idea("the seniority",
        &["seniority", "senioritylevel", "managementlevel", "joblevel"],
        [at(&["seniority", "hs_seniority"]), NOWHERE, NOWHERE, NOWHERE, NOWHERE]),
    idea("the company",
        &["company", "companyname", "organization", "organisation", "accountname", "account", "employer",
          "organizationname", "organisationname", "organization1name", "currentcompany", "associatedcompany",
          "firm", "businessname"],
        [at(&["company"]),
         because("Salesforce links a contact to a company by AccountId, which takes an id"),
         because("Pipedrive links a person to an organization by org_id, which takes an id"),
         because("Zoho links a contact to a company by Account_Name, a look-up that takes an object with an id"),
         because("SugarCRM links a contact to a company by account_id, which takes an id")]),
    idea("the website",
        &["website", "url", "websiteurl", "webpage", "web", "homepage", "website1value", "companywebsite", "webaddress", "companyurl"],
        [at(&["website"]), COMPANY, COMPANY, COMPANY, COMPANY]),
    idea("the company's domain", &["domain", "companydomain", "companydomainname", "emaildomain"], AT_COMPANY),
    idea("the street",
        &["street", "streetaddress", "address", "address1", "addressline1", "address1street", "street1",
          "mailingaddress", "mailingaddress1", "streetline1", "addressstreet"],
        [at(&["address"]), at(&["MailingStreet"]), PERSONS_PLACE, at(&["Mailing_Street"]), at(&["primary_address_street"])]),
    idea("the city",
        &["city", "town", "locality", "address1city", "personcity", "mailingcity", "addresscity"],
        [at(&["city"]), at(&["MailingCity"]), PERSONS_PLACE, at(&["Mailing_City"]), at(&["primary_address_city"])]),
    idea("the state",
        &["state", "stateregion", "stateprovince", "region", "province", "address1region", "county", "addressstate"],
        [at(&["state"]), at(&["MailingState"]), PERSONS_PLACE, at(&["Mailing_State"]), at(&["primary_address_state"])]),
    idea("the postal code",
        &["zip", "postalcode", "zipcode", "postcode", "zippostalcode", "address1postalcode", "addresspostalcode", "addresszip"],
        [at(&["zip"]), at(&["MailingPostalCode"]), PERSONS_PLACE, at(&["Mailing_Zip"]), at(&["primary_address_postalcode"])]),
    idea("the country",
        &["country", "countryregion", "countryname", "address1country", "nation", "addresscountry"],
        [at(&["country"]), at(&["MailingCountry"]), PERSONS_PLACE, at(&["Mailing_Country"]), at(&["primary_address_country"])]),
    idea("the street of a second address", &["otherstreet", "homestreet", "altaddressstreet", "alternateaddressstreet", "homeaddress"],
        [NOWHERE, at(&["OtherStreet"]), PERSONS_PLACE, at(&["Other_Street"]), at(&["alt_address_street"])]),
    idea("the city of a second address", &["othercity", "homecity", "altaddresscity"],
        [NOWHERE, at(&["OtherCity"]), PERSONS_PLACE, at(&["Other_City"]), at(&["alt_address_city"])]),
    idea("the state of a second address", &["otherstate", "homestate", "altaddressstate", "otherstateprovince"],
        [NOWHERE, at(&["OtherState"]), PERSONS_PLACE, at(&["Other_State"]), at(&["alt_address_state"])]),
    idea("the postal code of a second address", &["otherzip", "homepostalcode", "otherpostalcode", "altaddresspostalcode", "homezip", "otherzippostalcode"],
        [NOWHERE, at(&["OtherPostalCode"]), PERSONS_PLACE, at(&["Other_Zip"]), at(&["alt_address_postalcode"])]),
    idea("the country of a second address", &["othercountry", "homecountry", "homecountryregion", "altaddresscountry"],
        [NOWHERE, at(&["OtherCountry"]), PERSONS_PLACE, at(&["Other_Country"]), at(&["alt_address_country"])]),
    idea("the LinkedIn page",
        &["linkedin", "linkedinurl", "linkedinprofile", "linkedinprofileurl", "personlinkedinurl", "personlinkedin",
          "linkedinpage", "linkedinlink", "profileurl", "linkedincontactprofileurl"],
        [at(&["hs_linkedin_url"]), NOWHERE, NOWHERE, NOWHERE, NOWHERE]),
    idea("the Twitter name",
        &["twitter", "twitterhandle", "twitterusername", "twitterurl", "twitteraccount"],
        [at(&["twitterhandle"]), NOWHERE, NOWHERE, at(&["Twitter"]), at(&["twitter"])]),
    idea("the Facebook page", &["facebook", "facebookurl", "facebookprofile", "facebookaccount"],
        [NOWHERE, NOWHERE, NOWHERE, NOWHERE, at(&["facebook"])]),
    // HubSpot's numemployees takes seven ranges, and fails any other text.
    idea("the number of employees",
        &["employees", "employeecount", "numberofemployees", "companysize", "headcount", "numemployees", "noofemployees",
          "companyheadcount", "employeesize"],
        [at(&["company_size", "numemployees"]), COMPANY, COMPANY, COMPANY, COMPANY]),
    idea("the industry", &["industry", "companyindustry", "sector"],
        [at(&["industry"]), COMPANY, COMPANY, COMPANY, COMPANY]),
    idea("the annual revenue", &["annualrevenue", "revenue", "companyrevenue", "companyannualrevenue", "turnover"],
        [at(&["annualrevenue"]), COMPANY, COMPANY, COMPANY, COMPANY]),
    idea("the company's phone number", &["companyphone", "corporatephone", "companyphonenumber", "companymainphone", "companyhqphone"], AT_COMPANY),
    idea("the company's address", &["companyaddress", "companystreet", "companystreetaddress"], AT_COMPANY),
    idea("the company's city", &["companycity"], AT_COMPANY),
    idea("the company's state", &["companystate"], AT_COMPANY),
    idea("the company's postal code", &["companyzip", "companypostalcode", "companyzipcode"], AT_COMPANY),
    idea("the company's country", &["companycountry"], AT_COMPANY),
    idea("the company's LinkedIn page", &["companylinkedinurl", "companylinkedin", "linkedincompanypage"], AT_COMPANY),
    idea("the birthday", &["birthday", "birthdate", "dateofbirth", "dob"],
        [at(&["date_of_birth"]), at(&["Birthdate"]), because("Pipedrive's birthday is not among the fields that a create can set"),
         at(&["Date_of_Birth"]), at(&["birthdate"])]),
    idea("notes", &["notes", "note", "description", "comments", "comment", "remarks", "about"],
        [NOWHERE, at(&["Description"]), because("Pipedrive keeps notes as records of their own"),
         at(&["Description"]), at(&["description"])]),
    idea("the source", &["leadsource", "source", "contactsource", "originalsource"],
        [NOWHERE, at(&["LeadSource"]), NOWHERE, at(&["Lead_Source"]), at(&["lead_source"])]),
    idea("the assistant", &["assistant", "assistantname", "assistantsname"],
        [NOWHERE, at(&["AssistantName"]), NOWHERE, at(&["Assistant"]), at(&["assistant"])]),
    idea("the assistant's phone number", &["assistantphone", "assistantsphone", "asstphone"],
        [NOWHERE, at(&["AssistantPhone"]), NOWHERE, at(&["Asst_Phone"]), at(&["assistant_phone"])]),
    idea("the owner", &["owner", "contactowner", "leadowner", "recordowner", "accountowner", "salesowner", "assignedto", "owneralias"], USER_ID),
    idea("the refusal of e-mails", &["emailoptout", "optedoutofemail", "unsubscribed", "hasoptedoutofemail"],
        [NOWHERE, at(&["HasOptedOutOfEmail"]), NOWHERE, at(&["Email_Opt_Out"]), at(&["email_opt_out"])]),
];

#[rustfmt::skip]
pub(super) const COMPANIES: &[Idea] = &[
    idea("the company's name",
        &["companyname", "name", "company", "accountname", "organizationname", "organisationname", "organization",
          "organisation", "account", "legalname", "businessname", "firm"],
        [at(&["name"]), at(&["Name"]), at(&["name"]), at(&["Account_Name"]), at(&["name"])]),
    idea("the website",
        &["website", "websiteurl", "companywebsite", "url", "webpage", "web", "homepage", "companyurl", "webaddress"],
        [at(&["website", "domain"]), at(&["Website"]), at(&["website"]), at(&["Website"]), at(&["website"])]),
    idea("the domain",
        &["domain", "companydomain", "domainname", "companydomainname", "websitedomain", "primarydomain", "emaildomain"],
        [at(&["domain"]), at(&["Website"]), at(&["website"]), at(&["Website"]), at(&["website"])]),
    idea("the industry", &["industry", "companyindustry", "sector", "vertical", "primaryindustry", "mainindustry"],
        [at(&["industry"]), at(&["Industry"]), at(&["industry"]), at(&["Industry"]), at(&["industry"])]),
    idea("the number of employees",
        &["employees", "numberofemployees", "employeecount", "numemployees", "companysize", "headcount", "noofemployees",
          "companyheadcount", "employeesize", "size"],
        [at(&["numberofemployees"]), at(&["NumberOfEmployees"]), at(&["employee_count"]), at(&["Employees"]), at(&["employees"])]),
    idea("the annual revenue", &["annualrevenue", "revenue", "companyrevenue", "turnover", "yearlyrevenue", "sales"],
        [at(&["annualrevenue"]), at(&["AnnualRevenue"]), at(&["annual_revenue"]), at(&["Annual_Revenue"]), at(&["annual_revenue"])]),
    idea("the phone number",
        &["phone", "phonenumber", "companyphone", "mainphone", "telephone", "officephone", "corporatephone", "tel", "hqphone", "companyphonenumber", "phoneoffice"],
        [at(&["phone"]), at(&["Phone"]), NOWHERE, at(&["Phone"]), at(&["phone_office"])]),
    idea("another phone number", &["otherphone", "alternatephone", "phone2", "secondaryphone"],
        [NOWHERE, NOWHERE, NOWHERE, NOWHERE, at(&["phone_alternate"])]),
    idea("the fax number", &["fax", "faxnumber", "phonefax"],
        [NOWHERE, at(&["Fax"]), NOWHERE, at(&["Fax"]), at(&["phone_fax"])]),
    idea("the e-mail address", &["email", "emailaddress", "companyemail", "contactemail", "generalemail", "email1"],
        [NOWHERE, NOWHERE, NOWHERE, NOWHERE, at(&["email1", "email"])]),
    idea("the street",
        &["street", "streetaddress", "address", "address1", "addressline1", "companyaddress", "companystreet", "billingstreet", "billingaddress", "addressstreet"],
        [at(&["address"]), at(&["BillingStreet"]),
         Home { last_resort: Some("address"), ..ORGANIZATIONS_PLACE },
         at(&["Billing_Street"]), at(&["billing_address_street"])]),
    idea("the second line of the address", &["streetaddress2", "address2", "addressline2", "street2"],
        [at(&["address2"]), NOWHERE, ORGANIZATIONS_PLACE, NOWHERE, NOWHERE]),
    idea("the city", &["city", "town", "locality", "companycity", "hqcity", "billingcity", "addresscity"],
        [at(&["city"]), at(&["BillingCity"]), ORGANIZATIONS_PLACE, at(&["Billing_City"]), at(&["billing_address_city"])]),
    idea("the state", &["state", "stateregion", "stateprovince", "region", "province", "companystate", "billingstate", "county", "addressstate"],
        [at(&["state"]), at(&["BillingState"]), ORGANIZATIONS_PLACE, at(&["Billing_State"]), at(&["billing_address_state"])]),
    idea("the postal code", &["zip", "postalcode", "zipcode", "postcode", "zippostalcode", "companyzip", "companypostalcode", "addresspostalcode", "addresszip", "billingcode"],
        [at(&["zip"]), at(&["BillingPostalCode"]), ORGANIZATIONS_PLACE, at(&["Billing_Code"]), at(&["billing_address_postalcode"])]),
    idea("the country", &["country", "countryregion", "countryname", "companycountry", "hqcountry", "billingcountry", "addresscountry"],
        [at(&["country"]), at(&["BillingCountry"]), ORGANIZATIONS_PLACE, at(&["Billing_Country"]), at(&["billing_address_country"])]),
    idea("the LinkedIn page",
        &["linkedin", "linkedinurl", "linkedincompanypage", "companylinkedinurl", "companylinkedin", "linkedinpage",
          "linkedinprofile", "linkedinlink", "linkedinprofileurl", "linkedincompanyprofileurl"],
        [at(&["linkedin_company_page"]), NOWHERE, at(&["linkedin"]), NOWHERE, NOWHERE]),
    idea("the Twitter name", &["twitter", "twitterhandle", "twitterurl", "twitteraccount", "twitterusername"],
        [at(&["twitterhandle"]), NOWHERE, NOWHERE, NOWHERE, at(&["twitter"])]),
    idea("the Facebook page", &["facebook", "facebookurl", "facebookcompanypage", "facebookaccount", "facebookpage"],
        [at(&["facebook_company_page"]), NOWHERE, NOWHERE, NOWHERE, at(&["facebook"])]),
    idea("the description", &["description", "about", "shortdescription", "companydescription", "overview", "notes", "seodescription"],
        [at(&["description"]), at(&["Description"]), NOWHERE, at(&["Description"]), at(&["description"])]),
    idea("the year of its foundation", &["foundedyear", "yearfounded", "founded", "yearstarted", "foundingyear"],
        [at(&["founded_year"]), at(&["YearStarted"]), NOWHERE, NOWHERE, NOWHERE]),
    idea("the kind of company", &["type", "companytype", "accounttype", "organizationtype"],
        [at(&["type"]), at(&["Type"]), NOWHERE, at(&["Account_Type"]), at(&["account_type"])]),
    idea("the ticker symbol", &["tickersymbol", "ticker", "stocksymbol"],
        [NOWHERE, at(&["TickerSymbol"]), NOWHERE, at(&["Ticker_Symbol"]), at(&["ticker_symbol"])]),
    idea("the SIC code", &["siccode", "siccodes", "sic", "siccode1"],
        [NOWHERE, at(&["Sic"]), NOWHERE, at(&["SIC_Code"]), at(&["sic_code"])]),
    idea("the NAICS code", &["naicscode", "naicscodes", "naics"],
        [NOWHERE, at(&["NaicsCode"]), NOWHERE, NOWHERE, NOWHERE]),
    idea("the total funding", &["totalfunding", "totalmoneyraised", "funding"],
        [at(&["total_money_raised"]), NOWHERE, NOWHERE, NOWHERE, NOWHERE]),
    idea("the technologies", &["technologies", "webtechnologies", "techstack"],
        [NOWHERE, NOWHERE, NOWHERE, NOWHERE, NOWHERE]),
    idea("the owner", &["owner", "companyowner", "accountowner", "recordowner", "assignedto"], USER_ID),
    idea("the parent company", &["parentaccount", "parentcompany", "parentorganization"],
        [because("HubSpot fills hs_parent_company_id itself"),
         because("Salesforce links it by ParentId, which takes an id"),
         NOWHERE,
         because("Zoho's Parent_Account is a look-up that takes an object with an id"),
         because("SugarCRM links it by parent_id, which takes an id")]),
];
