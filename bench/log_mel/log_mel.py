#!/usr/bin/env python3
"""Log-mel frames per second: this project's front end against torchaudio and librosa.

    python3 bench/log_mel/log_mel.py PACKAGES [BUILD] [THREADS] [ROUNDS]

Needs Python with torch, torchaudio, librosa and numpy, which nothing else of this project does. The
audio is the real speech of packages/asterisk-en, in rows of 320,000 samples as LibriSpeech's
batches have them (read as 16 kHz: speed does not depend on what is said). Rounds are interleaved;
each library has as many threads as the others.

All compute frames of 400 samples every 160, a Hann window, an FFT of 512, 80 mel bins from 125 to
7,600 Hz and a logarithm. They differ where the libraries have no option: pre-emphasis crosses the
beginning of a frame, and slopes are straight in Hz, not in mel. So it is compared how each bin goes
up and down over time: its correlation with ours.
"""
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import wave

import librosa
import numpy as np
import torch
import torchaudio

ROWS, SAMPLES, FRAMES = 8, 320_000, 1998
LEAST_CORRELATION = 0.999
# Both libraries put a window of 400 into the middle of the FFT's 512: this lines their frames up
# with ours.
MARGIN = (512 - 400) // 2
FRONT_END = dict(n_fft=512, win_length=400, hop_length=160, n_mels=80)


def speech(packages):
    parts = []
    for file in sorted((packages / "asterisk-en/usr/share/asterisk/sounds").rglob("*.wav")):
        with wave.open(str(file)) as clip:
            parts.append(np.frombuffer(clip.readframes(clip.getnframes()), dtype="<i2"))
    return np.concatenate(parts)[: ROWS * SAMPLES].reshape(ROWS, SAMPLES)


def by_torchaudio(audio):
    to_mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=16_000, f_min=125, f_max=7600, center=False, power=2, mel_scale="htk",
        **FRONT_END)
    samples = torch.from_numpy(np.pad(audio, ((0, 0), (MARGIN, MARGIN))).astype(np.float32))

    def run():
        scaled = torchaudio.functional.preemphasis(samples / 32768, 0.97)
        return to_mel(scaled).clamp_min(1e-5).log().transpose(1, 2)

    return run


def by_librosa(audio):
    samples = np.pad(audio, ((0, 0), (MARGIN, MARGIN))).astype(np.float32)

    def run():
        scaled = librosa.effects.preemphasis(samples / 32768)
        mel = librosa.feature.melspectrogram(
            y=scaled, sr=16_000, fmin=125, fmax=7600, center=False, power=2, htk=True, norm=None,
            **FRONT_END)
        return torch.from_numpy(np.log(np.maximum(mel, 1e-5))).transpose(1, 2)

    return run


def check(name, found, ours):
    frames = min(found.shape[1], ours.shape[1])
    a, b = (x[:, :frames].reshape(-1, 80).double() for x in (found, ours))
    a, b = a - a.mean(0), b - b.mean(0)
    correlation = ((a * b).sum(0) / (a.norm(dim=0) * b.norm(dim=0))).min().item()
    print(f"{name}: least correlation of a bin with ours {correlation:.4f}")
    if correlation < LEAST_CORRELATION:
        sys.exit(f"{name} computes something else")


def main():
    packages = pathlib.Path(sys.argv[1])
    build = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "build")
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 9
    torch.set_num_threads(threads)
    audio = speech(packages)
    libraries = {"torchaudio": by_torchaudio(audio), "librosa": by_librosa(audio)}
    with tempfile.TemporaryDirectory() as folder:
        raw, features = pathlib.Path(folder, "audio"), pathlib.Path(folder, "features")
        audio.tofile(raw)
        ours = [str(build / "bench/log_mel_bench"), str(raw), str(ROWS), str(threads), "1",
                str(features)]

        def run_ours():
            return float(subprocess.run(ours, check=True, capture_output=True, text=True).stdout)

        run_ours()
        made = torch.from_numpy(np.fromfile(features, dtype=np.float32)).view(ROWS, FRAMES, 80)
        for name, run in libraries.items():
            check(name, run(), made)
        seconds = {"timetrial": [], **{name: [] for name in libraries}}
        for _ in range(rounds):
            seconds["timetrial"].append(run_ours())
            for name, run in libraries.items():
                begin = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - begin)
    for name, times in seconds.items():
        rate = ROWS * FRAMES / statistics.median(times)
        print(f"{name:>10}: {rate:10,.0f} frames/s (median of {rounds}; "
              f"{ROWS * FRAMES / max(times):,.0f} to {ROWS * FRAMES / min(times):,.0f}), "
              f"{threads} thread(s)")


main()
