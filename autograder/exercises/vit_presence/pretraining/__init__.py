"""How the weights of the small vision transformer are made that the notebook starts from.

``crops``    people that are in no data set of the course, and what each pixel of them shows;
``network``  the encoder, and the heads that it learns with;
``recipe``   all that the weights depend on, and its digest;
``train``    the training, which may be stopped and goes on where it was.
"""
