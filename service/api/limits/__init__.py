"""What is checked of an operation before it is executed, and what it may take."""

from service.api.limits.documents import trusted_documents
from service.api.limits.extension import Limits

__all__ = ["Limits", "trusted_documents"]
