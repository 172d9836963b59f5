"""What is wrong with a network: findings, their thresholds, and the layers and units that they are about.

Training warns of findings and `viz.diagnose` lists them. This package has what both use: the class `Finding`, the layer
and unit of a parameter, the units in a recorded graph, and the checks of weights, gradients and units.
"""

from autograd_core.diagnosis.findings import MANY_NAMES as MANY_NAMES
from autograd_core.diagnosis.findings import Finding as Finding
from autograd_core.diagnosis.findings import follows as follows
from autograd_core.diagnosis.findings import list_names as list_names
from autograd_core.diagnosis.findings import title as title
from autograd_core.diagnosis.finite import first_not_finite as first_not_finite
from autograd_core.diagnosis.flow import VANISHING as VANISHING
from autograd_core.diagnosis.flow import flow_findings as flow_findings
from autograd_core.diagnosis.places import MODEL as MODEL
from autograd_core.diagnosis.places import Place as Place
from autograd_core.diagnosis.places import by_layer as by_layer
from autograd_core.diagnosis.places import places as places
from autograd_core.diagnosis.units import DEAD as DEAD
from autograd_core.diagnosis.units import SATURATED as SATURATED
from autograd_core.diagnosis.units import Unit as Unit
from autograd_core.diagnosis.units import by_layer_and_op as by_layer_and_op
from autograd_core.diagnosis.units import condition as condition
from autograd_core.diagnosis.units import dead_finding as dead_finding
from autograd_core.diagnosis.units import find_units as find_units
from autograd_core.diagnosis.units import is_relu as is_relu
from autograd_core.diagnosis.units import remark as remark
from autograd_core.diagnosis.units import saturated_finding as saturated_finding
