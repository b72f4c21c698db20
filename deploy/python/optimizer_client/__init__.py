"""Backtests and sweeps on Optimizer nodes, by Kafka.

    from optimizer_client import Client, request

    with Client("localhost:9092") as client:
        result = client.run(request("sma_crossover", "synth_walk", parameters={"fast": 10, "slow": 20}), timeout=30)
        print(result.statistics["sharpe_ratio"])

Requests and results are dicts with the members that deploy/messages.md describes.
"""

from .client import Client, Future, Waited
from .errors import (
    BadRequest,
    BadResponse,
    BrokerError,
    DeliveryError,
    OptimizerError,
    RequestFailed,
    ResultTimeout,
    SweepFailed,
    UnknownRequest,
)
from .messages import Result, bars, request, to_dataframe
from .sweeps import SweepResult

__all__ = [
    "BadRequest",
    "BadResponse",
    "BrokerError",
    "Client",
    "DeliveryError",
    "Future",
    "OptimizerError",
    "RequestFailed",
    "Result",
    "ResultTimeout",
    "SweepFailed",
    "SweepResult",
    "UnknownRequest",
    "Waited",
    "bars",
    "request",
    "to_dataframe",
]
