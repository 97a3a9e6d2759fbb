"""An executable reading of the contract (model.md), independent of the product, for the property tests."""
