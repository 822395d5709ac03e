#!/usr/bin/env python3
"""Records what public packages say of a classifier's scores and features.

Usage: record-classifier-metrics.py OUT.json

Needs Python with numpy, scikit-learn, torch and torchmetrics, which nothing else of this project does. The numbers are
functions of their place, so that recording again gives the same file:

    ece                torchmetrics.functional.classification.multiclass_calibration_error, 15 bins, norm "l1"
    nll                sklearn.metrics.log_loss
    brier              mean over examples of the sum of squares, by numpy
    temperature        the minimum of log_loss of softmax(logits / T), by scipy.optimize.minimize_scalar
    ridge_accuracy     sklearn.linear_model.RidgeClassifier after StandardScaler, on the test half, by lambda
    softmax_accuracy   sklearn.linear_model.LogisticRegression without a penalty, on the test half
"""
import json
import sys

import numpy as np
import scipy.optimize
import sklearn
import torch
import torchmetrics
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler
from torchmetrics.functional.classification import multiclass_calibration_error

EXAMPLES, CLASSES, FEATURES = 240, 4, 6


def softmax(logits):
  powers = np.exp(logits - logits.max(1, keepdims=True))
  return powers / powers.sum(1, keepdims=True)


def main(out):
  place = np.arange(EXAMPLES)
  labels = (place * 7 + place // 5) % CLASSES
  wave = np.sin(0.7 * place[:, None] + 1.3 * np.arange(CLASSES)[None, :] ** 2)
  logits = (2.5 * np.eye(CLASSES)[labels] + 2.2 * wave).round(4)
  noise = np.cos(1.1 * place[:, None] * (1 + np.arange(FEATURES)[None, :]) + 0.3)
  features = (np.eye(CLASSES, FEATURES)[labels] * 1.6 + noise * (1 + np.arange(FEATURES)[None, :])).round(4)
  probabilities = softmax(logits)
  half = EXAMPLES // 2
  fit = scipy.optimize.minimize_scalar(lambda t: log_loss(labels, softmax(logits / t)), bounds=(0.05, 20), method='bounded',
                                       options={'xatol': 1e-9})
  scaler = StandardScaler().fit(features[:half])
  train, test = scaler.transform(features[:half]), scaler.transform(features[half:])
  ridge = {}
  for power in range(-10, 11):
    model = RidgeClassifier(alpha=2.0**power).fit(train, labels[:half])
    ridge[str(power)] = float((model.predict(test) == labels[half:]).mean())
  plain = LogisticRegression(C=np.inf, max_iter=10000, tol=1e-10).fit(train, labels[:half])
  result = {
      'source': f'scikit-learn {sklearn.__version__}, torchmetrics {torchmetrics.__version__}, numpy {np.__version__}',
      'logits': logits.tolist(),
      'labels': labels.tolist(),
      'features': features.tolist(),
      'training_examples': half,
      'ece': float(multiclass_calibration_error(torch.tensor(probabilities), torch.tensor(labels), CLASSES, n_bins=15, norm='l1')),
      'nll': float(log_loss(labels, probabilities)),
      'brier': float(((probabilities - np.eye(CLASSES)[labels])**2).sum(1).mean()),
      'temperature': float(fit.x),
      'ridge_accuracy': ridge,
      'softmax_accuracy': float((plain.predict(test) == labels[half:]).mean()),
  }
  with open(out, 'w', encoding='utf-8') as file:
    json.dump(result, file, separators=(',', ':'))
    file.write('\n')


if __name__ == '__main__':
  if len(sys.argv) != 2:
    sys.exit(__doc__)
  main(sys.argv[1])
