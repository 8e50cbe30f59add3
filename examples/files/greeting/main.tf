variable "name" {
  type = string
}

variable "folder" {
  type = string
}

variable "permission" {
  type = string
}

resource "local_file" "greeting" {
  filename        = "${var.folder}/${var.name}.txt"
  content         = "Hello, ${title(var.name)}.\n"
  file_permission = var.permission
}

output "filename" {
  value = local_file.greeting.filename
}
