/* The fastest answer that Node gives: a fixed one, written as soon as a request's head has ended. Prints its port. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

const ANSWER =
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\n12345678901234567890";

const server = createServer({ noDelay: true }, (socket) => {
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
    let answers = "";
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      text = text.slice(end + 4);
      answers += ANSWER;
    }
    if (answers !== "") socket.write(answers, "latin1");
  });
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
