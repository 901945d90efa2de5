"""What people say in the stories that the pages tell."""

DROPPED = (
    "During training each unit is set to zero at random, with a fresh mask for every batch. At test time every "
    "subnetwork is trained separately and we average their outputs."
)
BOOSTED = "The rest is boosted a bit, so that the sums stay in range."
KEPT_DROPPING = "It keeps dropping units at random, with the same probability."
MANY_NETWORKS = "It is like training a huge number of smaller networks that share the same weights."
WRONG_ABOUT_NORM = "Batch norm normalises the weights of a layer. In eval mode it is off."
ABOUT_NORM = "How does batch normalisation work, and what changes between training and test time?"
