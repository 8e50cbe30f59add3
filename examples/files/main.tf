# Files on this machine: the smallest configuration that creates, replaces and destroys something.

variable "names" {
  description = "Whom to greet: one file each."
  type        = set(string)
  default     = ["ada", "grace"]
}

variable "permission" {
  description = "Mode of the files. Changing it replaces each file."
  type        = string
  default     = "0644"
}

locals {
  folder = "${path.module}/out"
}

module "greeting" {
  source   = "./greeting"
  for_each = var.names

  name       = each.key
  folder     = local.folder
  permission = var.permission
}

resource "terraform_data" "index" {
  input = { for name, greeting in module.greeting : name => greeting.filename }
}

resource "local_file" "index" {
  filename        = "${local.folder}/index.json"
  content         = jsonencode(terraform_data.index.output)
  file_permission = var.permission
}

output "files" {
  description = "Where the greetings lie."
  value       = terraform_data.index.output
}

output "index_sha256" {
  value = local_file.index.content_sha256
}
