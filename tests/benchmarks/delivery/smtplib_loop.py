"""What many people write by hand: Jinja2, ``EmailMessage`` and smtplib, ten threads with a connection each.

``python smtplib_loop.py FOLDER PORT CONNECTIONS`` sends the workload of the folder and prints one JSON object. No
journal, no check.
"""

from __future__ import annotations

import csv
import json
import queue
import smtplib
import sys
import threading
import time
from email.message import EmailMessage
from pathlib import Path

import jinja2


def main() -> None:
    folder, port, connections = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    plain, markup = jinja2.Environment(), jinja2.Environment(autoescape=True)
    subject = plain.from_string((folder / "subject.txt").read_text(encoding="utf-8"))
    text = plain.from_string((folder / "text.txt").read_text(encoding="utf-8"))
    page = markup.from_string((folder / "page.html").read_text(encoding="utf-8"))
    leaflet = folder / "leaflet.pdf"
    attached = leaflet.read_bytes() if leaflet.exists() else b""
    with (folder / "recipients.csv").open(newline="", encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    waiting: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
    for one in people:
        waiting.put(one)
    sent: list[int] = []

    def work() -> None:
        count = 0
        with smtplib.SMTP("127.0.0.1", port) as server:
            while True:
                try:
                    one = waiting.get_nowait()
                except queue.Empty:
                    break
                message = EmailMessage()
                message["From"] = "contact@tilleuls.example"
                message["To"] = one["email"]
                message["Subject"] = subject.render(one)
                message.set_content(text.render(one))
                message.add_alternative(page.render(one), subtype="html")
                if attached:
                    message.add_attachment(attached, maintype="application", subtype="pdf", filename="leaflet.pdf")
                server.send_message(message)
                count += 1
        sent.append(count)

    began, used = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=work) for _number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"sent": sum(sent), "seconds": took, "processor": used}))


if __name__ == "__main__":
    main()
