"""Says when the mean of a thermometer's last ten readings rises above a limit, and when it is below
it again. It looks only at what comes from now on.

    python3 examples/python/alarm.py [ADDRESS] [LIMIT IN °C]
"""
import sys
from collections import defaultdict, deque

import grpc
from millpond.v1 import offsets_pb2, telemetry_service_pb2 as v1
from millpond.v1.telemetry_service_pb2_grpc import TelemetryServiceStub

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
limit = float(sys.argv[2]) if len(sys.argv) > 2 else 30.0
millpond = TelemetryServiceStub(grpc.insecure_channel(address))
recent = defaultdict(lambda: deque(maxlen=10))
alarmed = set()

print(f"watching for more than {limit:g} °C", flush=True)
request = v1.SubscribeRequest(edge=offsets_pb2.EDGE_LATEST, metrics=["temperature"])
for response in millpond.Subscribe(request):
    for reading in response.batch.readings:
        if reading.WhichOneof("value") != "number":
            continue
        values = recent[reading.device]
        values.append(reading.number)
        mean = sum(values) / len(values)
        if (mean > limit) == (reading.device in alarmed):
            continue
        alarmed ^= {reading.device}
        state = "ALARM" if mean > limit else "well again"
        print(f"{reading.device}: {state}, mean {mean:.1f} °C", flush=True)
