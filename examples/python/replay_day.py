"""Reads one day of readings into a pandas data frame, and prints what each sensor did in each hour.

    python3 examples/python/replay_day.py [ADDRESS] [DAY, as 2026-01-31; today if left out]
"""
import sys
from datetime import date, datetime, timedelta, timezone

import grpc
import pandas
from millpond.v1 import telemetry_service_pb2 as v1
from millpond.v1.telemetry_service_pb2_grpc import TelemetryServiceStub

address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
day = date.fromisoformat(sys.argv[2]) if len(sys.argv) > 2 else datetime.now(timezone.utc).date()
start = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
start_us = int(start.timestamp()) * 1_000_000
end_us = start_us + int(timedelta(days=1).total_seconds()) * 1_000_000

millpond = TelemetryServiceStub(grpc.insecure_channel(address))
rows = []
for response in millpond.Subscribe(v1.SubscribeRequest(time_us=start_us, stop_at_end=True)):
    readings = response.batch.readings
    rows += [
        (reading.received_at_us, reading.device, reading.metric, reading.unit, reading.number)
        for reading in readings
        if reading.WhichOneof("value") == "number"
    ]
    if readings and readings[-1].received_at_us >= end_us:
        break

frame = pandas.DataFrame(rows, columns=["received_at_us", "device", "metric", "unit", "number"])
frame = frame[frame.received_at_us < end_us]
frame["hour"] = pandas.to_datetime(frame.received_at_us, unit="us", utc=True).dt.floor("H")
hours = frame.groupby(["device", "metric", "unit", "hour"]).number
print(hours.agg(["count", "mean", "min", "max"]).to_string())
