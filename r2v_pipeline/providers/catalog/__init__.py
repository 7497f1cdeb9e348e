"""Models as data: which family a model belongs to, how that family is spoken to, what each model takes and costs.

Pure: reads only the YAML files beside it, with r2v's own reader, each once a process.
"""

from r2v_pipeline.providers.catalog.dialects import Family as Family
from r2v_pipeline.providers.catalog.dialects import Naming as Naming
from r2v_pipeline.providers.catalog.dialects import Timing as Timing
from r2v_pipeline.providers.catalog.dialects import family_of as family_of
from r2v_pipeline.providers.catalog.dialects import known_models as known_models
