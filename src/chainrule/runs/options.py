"""The options of ``chainrule train``: their types, their panels and what --help says about them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.data.columns import Missing, Scaling, Unseen
from chainrule.data.dataset import Task
from chainrule.runs.settings import (
    ActivationName,
    DtypeName,
    EngineName,
    LossName,
    ModelName,
    OptimizerName,
    RowsName,
    ScheduleName,
)


def _option(panel: str, text: str, usual: str | None = None) -> Any:
    """An option on a panel; ``usual`` says what it is where it is not given."""
    return typer.Option(help=text, rich_help_panel=panel, show_default=usual or True)


DataArgument = Annotated[str, typer.Argument(metavar="DATA", help="digits, mnist, or a table: a .csv or .npz file.")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, such as runs/digits-network.")]
TableArgument = Annotated[Path, typer.Argument(metavar="TABLE", help="A .csv or .npz file.")]

_PANEL = "Data"
TargetOption = Annotated[str | None, _option(_PANEL, "Column of the table to predict.")]
TaskOption = Annotated[Task | None, _option(_PANEL, "What the target asks for.", "guessed from its values")]
DropOption = Annotated[list[str] | None, _option(_PANEL, "Column to leave out; may be repeated.")]
CategoriesOption = Annotated[
    list[str] | None, _option(_PANEL, "Column to read as text, such as postcodes; may be repeated.")
]
ScalingOption = Annotated[
    Scaling | None, _option(_PANEL, "How numbers are scaled.", "image for digits and mnist, else standard")
]
MissingOption = Annotated[Missing, _option(_PANEL, "Refuse missing numbers, or use the column's mean.")]
UnseenOption = Annotated[Unseen, _option(_PANEL, "At prediction, refuse or ignore new categories.")]
ValidationOption = Annotated[float, _option(_PANEL, "Fraction of rows to choose the best epoch by.")]
TestOption = Annotated[float, _option(_PANEL, "Fraction of rows to judge the model on.")]

_PANEL = "Model"
ModelOption = Annotated[
    ModelName | None, _option(_PANEL, "logistic for classes, linear for numbers, network for both.", "network")
]
HiddenOption = Annotated[str | None, _option(_PANEL, "Units of each hidden layer: 32 or 64,32.", "32")]
ActivationOption = Annotated[ActivationName | None, _option(_PANEL, "After each hidden layer.", "relu")]
DropoutOption = Annotated[float, _option(_PANEL, "Share of each hidden layer's outputs that a step leaves out.")]
LossOption = Annotated[LossName | None, _option(_PANEL, "What is minimised.", "chosen by the target")]
DtypeOption = Annotated[DtypeName, _option(_PANEL, "Of weights and inputs.")]

_PANEL = "Learning"
OptimizerOption = Annotated[
    OptimizerName | None,
    _option(_PANEL, "How gradients change weights.", "sgd for classes, adam for numbers"),
]
LearningRateOption = Annotated[
    float | None, _option(_PANEL, "How far a step goes.", "0.1 for sgd on classes, else 0.01")
]
MomentumOption = Annotated[float | None, _option(_PANEL, "Of sgd and rmsprop, such as 0.9.")]
WeightDecayOption = Annotated[float | None, _option(_PANEL, "Pulls weights to 0, such as 1e-4.")]
ScheduleOption = Annotated[ScheduleName, _option(_PANEL, "How the learning rate changes.")]
EpochsOption = Annotated[
    int | None, _option(_PANEL, "Times that every row is seen.", "100, or 200 without hidden layers")
]
BatchOption = Annotated[str, _option(_PANEL, "Rows a step; 0 or full for all of them.")]
PatienceOption = Annotated[int | None, _option(_PANEL, "Stop after so many epochs without a better one.")]
ClipOption = Annotated[float | None, _option(_PANEL, "Largest norm of all gradients together.")]
SeedOption = Annotated[int, _option(_PANEL, "Of the split, the first weights, the order of rows, dropout.")]
EngineOption = Annotated[
    EngineName | None,
    _option(_PANEL, "Run the compiled step, on JAX (xla), or op by op.", "numpy; xla with devices or processes"),
]

_PANEL = "Devices and processes"
DevicesOption = Annotated[str | None, _option(_PANEL, "That share each batch: a number, or all.", "one")]
CoordinatorOption = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="Where process 0 listens.", rich_help_panel=_PANEL)
]
ProcessesOption = Annotated[int | None, typer.Option(min=1, help="That train together.", rich_help_panel=_PANEL)]
ProcessIdOption = Annotated[
    int | None, typer.Option(min=0, help="Number of this one; 0 writes the run.", rich_help_panel=_PANEL)
]
RowsOption = Annotated[RowsName, _option(_PANEL, "Each process holds all training rows, or its own share.")]
CheckpointOption = Annotated[
    Path | None, _option(_PANEL, "Keep the state in this file while training, for --resume.", "none")
]
CheckpointEveryOption = Annotated[
    int, typer.Option(min=1, help="Epochs between two checkpoints.", rich_help_panel=_PANEL)
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Go on from the checkpoint, if it is there.", rich_help_panel=_PANEL)
]

_PANEL = "Output"
OutOption = Annotated[Path, _option(_PANEL, "Folder for runs.")]
NameOption = Annotated[str | None, _option(_PANEL, "Of the run.", "from data and model")]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Replace the run of that name.", rich_help_panel=_PANEL)]
PredictionsOption = Annotated[
    Path | None, typer.Option("--out", help="The .csv file to write; without it, predictions are printed.")
]
