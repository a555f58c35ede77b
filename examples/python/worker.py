"""One of any number of workers that share the readings of a stream: start it several times, stop some
of them in the middle, and every reading is still worked on, each device's in order.

    python3 examples/python/worker.py [ADDRESS]
"""
import itertools
import queue
import sys

import grpc
from millpond.v1 import consume_pb2 as v1
from millpond.v1.telemetry_service_pb2_grpc import TelemetryServiceStub

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
millpond = TelemetryServiceStub(grpc.insecure_channel(address))
requests = queue.SimpleQueue()
ids = itertools.count(1)


def work(reading, delivery_count):
    """What is raised here makes the reading come again, later, to whoever is free."""
    value = getattr(reading, reading.WhichOneof("value"))
    if value == "broken" and delivery_count == 1:
        raise ValueError("it is broken")
    print(f"{reading.device} {reading.metric} {value}, delivery {delivery_count}", flush=True)


requests.put(v1.ConsumeRequest(start=v1.ConsumeStart(group="worker-example", credits=4)))
for response in millpond.Consume(iter(requests.get, None)):
    for reading in response.delivery.readings:
        done = {"id": next(ids), "offsets": [reading.offset]}
        try:
            work(reading, response.delivery.delivery_count)
            requests.put(v1.ConsumeRequest(ack=v1.Ack(**done)))
        except Exception as error:
            requests.put(v1.ConsumeRequest(nack=v1.Nack(**done, reason=str(error))))
        requests.put(v1.ConsumeRequest(credit=v1.Credit(count=1)))
