"""The pipeline that makes the complexity score: ``python -m training.complexity``.

::

    tasks.txt  prompts of all kinds in English and German, with a judged difficulty
    data       the public collections and these tasks -> rows with a target
    fit        rows -> a linear model and boosted trees, averaged
    figures    how good a ranking is: APGR, CPT(50)
    export     model -> one ONNX file, calibration, checksums

Nothing of the application imports this package.
"""
