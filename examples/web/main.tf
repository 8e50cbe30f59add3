# Three instances of one small Node.js program behind http://127.0.0.1:8080.
#
#   kiln up examples/web      fires the image, boots and verifies the instances, sends them the traffic
#   kiln down examples/web    takes all of it down again

variable "port" {
  description = "Port of this machine that the traffic comes in at."
  type        = number
  default     = 8080
}

variable "greeting" {
  description = "What the instances greet with. Another greeting is another release."
  type        = string
  default     = "Hello from Kiln"
}

# An image is immutable. Change a file in app/, and the next plan fires a new one.
resource "kiln_image" "web" {
  name = "web"
  base = "scratch"

  copy {
    source = "app"
    target = "/app"
  }

  workdir    = "/app"
  entrypoint = ["node", "server.js"]
}

# A fleet is never changed in place either: a new image boots beside the old one, is verified, and only then
# gets the traffic. If it does badly during the bake, the old one has the traffic back at once.
resource "kiln_fleet" "web" {
  name     = "web"
  image    = kiln_image.web.ref
  replicas = 3
  listen   = "127.0.0.1:${var.port}"
  env      = { GREETING = var.greeting }

  health {
    http           = "/healthz"
    interval       = "500ms"
    start_deadline = "5s" # this one is up at once or never; 60s where nothing is said
  }

  rollout {
    strategy  = "blue_green"
    bake      = "2s"
    keep_warm = "10m"
  }
}

output "address" {
  description = "Where the fleet answers."
  value       = kiln_fleet.web.endpoint
}

output "release" {
  description = "Number of the release that serves."
  value       = kiln_fleet.web.release
}
