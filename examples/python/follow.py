"""Follows every reading, and commits each batch once it is dealt with: stop it, start it again, and
it goes on where it was.

    python3 examples/python/follow.py [ADDRESS]
"""
import sys

import grpc
from millpond.v1 import telemetry_service_pb2 as v1
from millpond.v1.telemetry_service_pb2_grpc import TelemetryServiceStub

CONSUMER = "follow-example"
address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
millpond = TelemetryServiceStub(grpc.insecure_channel(address))

for response in millpond.Subscribe(v1.SubscribeRequest(consumer=CONSUMER)):
    kind = response.WhichOneof("event")
    if kind == "batch":
        for reading in response.batch.readings:
            value = getattr(reading, reading.WhichOneof("value"))
            print(reading.device, reading.metric, value, reading.unit, flush=True)
        millpond.Commit(
            v1.CommitRequest(consumer=CONSUMER, next_offset=response.batch.next_offset)
        )
    elif kind == "gap":
        gap = response.gap
        print(f"offsets {gap.first_offset} to {gap.next_offset} are gone: {gap.reason}")
