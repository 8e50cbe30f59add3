/** Kiln's own version; the release script and a test hold it equal to package.json's. */
export const KILN_VERSION = "0.1.0";

/** The version of the Terraform language that `required_version` and the state's `terraform_version` see. */
export const TERRAFORM_VERSION = "1.11.4";
