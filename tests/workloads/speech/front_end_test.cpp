#include "tests/support/recorded_checks.h"
#include "workloads/speech/log_mel.h"
#include "workloads/speech/spec_augment.h"
#include "workloads/workload.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numbers>

namespace timetrial::speech {
namespace {

using testing::HasSubstr;

const std::filesystem::path kFixtures =
    std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/workloads/speech/fixtures";

// --- log-mel features ----------------------------------------------------------------------------

TEST(LogMel, EqualsTheRecord) { test::expect_recorded(kFixtures / "logmel_frontend.json"); }

/// One frame by the textbook, in double: a Fourier sum in place of the FFT.
std::vector<double> energies(const std::vector<double>& samples) {
  std::vector<double> windowed(400);
  for (std::size_t i = 0; i < windowed.size(); ++i) {
    const double emphasised = i == 0 ? samples[0] * (1 - 0.97) : samples[i] - 0.97 * samples[i - 1];
    const double hann = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / 400);
    windowed[i] = emphasised / 32768 * hann;
  }
  std::vector<double> energy(257);
  for (std::size_t k = 0; k < energy.size(); ++k) {
    double cosine = 0, sine = 0;
    for (std::size_t i = 0; i < windowed.size(); ++i) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(i * k % 512) / 512;
      cosine += windowed[i] * std::cos(angle);
      sine += windowed[i] * std::sin(angle);
    }
    energy[k] = cosine * cosine + sine * sine;
  }
  return energy;
}

TEST(LogMel, IsTheLogOfTheEnergyInEachTriangle) {
  std::vector<double> samples(401);
  const auto audio = at::empty({1, 401});
  for (std::int64_t i = 0; i < 401; ++i) {
    const double t = static_cast<double>(i) / 16000;
    const double sample = std::round(9000 * std::sin(2 * std::numbers::pi * 440 * t) +
                                     2500 * std::cos(2 * std::numbers::pi * 3100 * t));
    samples[static_cast<std::size_t>(i)] = sample;
    audio[0][i] = sample;
  }
  const auto found = LogMel(at::kCPU)(audio, at::zeros({1, 401})).values;
  ASSERT_EQ(found.sizes(), at::IntArrayRef({1, 1, kMelBins}));
  const auto energy = energies(samples);
  const auto mel = [](double hertz) { return 1127 * std::log1p(hertz / 700); };
  const double lowest = mel(125), spacing = (mel(7600) - lowest) / 81;
  for (int bin = 0; bin < kMelBins; ++bin) {
    double sum = 0;
    for (std::size_t k = 1; k < energy.size(); ++k) {
      const double place = (mel(static_cast<double>(k) * 16000 / 512) - lowest) / spacing;
      sum += energy[k] * std::max(0.0, 1 - std::fabs(place - (bin + 1)));
    }
    const auto index = static_cast<std::size_t>(bin);
    const double expected =
        (std::log(std::max(sum, 1e-5)) - kLogMelMean[index]) / kLogMelStd[index];
    EXPECT_NEAR(found[0][0][bin].item<double>(), expected, 2e-4) << bin;
  }
}

TEST(LogMel, AFrameIsPaddingOnlyIfAllItsSamplesAre) {
  at::manual_seed(1);
  const auto audio = at::randn({1, 401 + 2 * 160 + 159}) * 1000;
  auto paddings = at::zeros_like(audio);
  paddings.slice(1, 161).fill_(1);  // the second frame keeps one sample
  const auto found = LogMel(at::kCPU)(audio, paddings);
  EXPECT_TRUE(at::equal(found.paddings, at::tensor({0.F, 0.F, 1.F}).unsqueeze(0)));
  // Padding counts as silence.
  const auto silent = ((std::log(1e-5) - at::tensor(at::ArrayRef<float>(kLogMelMean))) /
                       at::tensor(at::ArrayRef<float>(kLogMelStd)));
  EXPECT_TRUE(at::allclose(found.values[0][2], silent));
}

TEST(LogMel, PaddingIsTheLeastOfAFrameAtAnySampleRate) {
  at::manual_seed(2);
  for (const std::int64_t rate : {8000, 16000, 20000}) {
    LogMelConfig config;
    config.sample_rate = rate;
    config.highest_hertz = 3800;
    for (const std::int64_t more : {0, 1, 79, 1000}) {
      SCOPED_TRACE(testing::Message() << rate << " Hz, " << more);
      const auto frame = config.frame_samples(), hop = config.hop_samples();
      const auto audio = at::zeros({3, frame + more});
      // Long stretches, so that some frames are all padding, and fractions.
      const auto paddings = at::rand({3, (frame + more) / 50 + 1})
                                .gt(0.2)
                                .repeat_interleave(50, 1)
                                .to(at::kFloat)
                                .narrow(1, 0, frame + more) *
                            at::rand({3, frame + more}).clamp_min(0.999);
      const auto found = LogMel(at::kCPU, config)(audio, paddings).paddings;
      EXPECT_TRUE(at::equal(found, paddings.unfold(1, frame, hop).amin(2)));
    }
  }
}

TEST(LogMel, RefusesAudioThatIsTooShortOrWithoutItsPaddings) {
  const LogMel front_end(at::kCPU);
  const auto message = [&](const at::Tensor& audio, const at::Tensor& paddings) {
    try {
      front_end(audio, paddings);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(message(at::zeros({2, 400}), at::zeros({2, 400})), HasSubstr("N at least 401"));
  EXPECT_THAT(message(at::zeros({2, 500}), at::zeros({1, 500})),
              HasSubstr("audio [2, 500] with paddings [1, 500]"));
}

// --- SpecAugment ---------------------------------------------------------------------------------

TEST(SpecAugment, EqualsTheRecord) { test::expect_recorded(kFixtures / "metric_specaug.json"); }

TEST(SpecAugment, AnotherMaskInTheRecordIsFound) {
  const auto file = kFixtures / "metric_specaug.json";
  auto record = test::read_record(file);
  auto& entry = record["cases"][0]["time_mask"][0][0];
  entry = 1 - entry.get<int>();
  EXPECT_FALSE(test::all_passed(test::recorded_checks(record, file)));
}

/// One example of 20 frames, one stretch: from draws to the hidden frames [first, past).
struct Case {
  double length_draw, start_draw;
  std::int64_t first, past;
};

void expect_hidden(const at::Tensor& mask, std::int64_t first, std::int64_t past) {
  auto expected = at::ones_like(mask);
  expected.slice(1, first, past).fill_(0);
  EXPECT_TRUE(at::equal(mask, expected)) << mask;
}

MaskDraws draws(double length, double start) {
  const auto one = [](double value) { return at::full({1, 1}, value); };
  return {one(length), one(start), one(length), one(start)};
}

TEST(SpecAugment, TimeStretchesFollowTheirFormula) {
  SpecAugmentConfig config;
  config.time_masks = 1;
  config.time_mask_ratio = 0.25;  // of 20 frames: at most 5
  for (const Case& c : {Case{0.999, 0, 0, 4}, Case{0.5, 0.5, 9, 11}, Case{0.1, 0.5, 0, 0},
                        Case{0.999, 0.999, 16, 20}}) {
    expect_hidden(
        time_mask(config, at::tensor({20}, at::kLong), 24, draws(c.length_draw, c.start_draw)),
        c.first, c.past);
  }
  // A fixed length in place of the ratio's, but the ratio still bounds it.
  config.dynamic_time_mask_frames = false;
  config.time_mask_frames = 4;
  expect_hidden(time_mask(config, at::tensor({20}, at::kLong), 24, draws(0.75, 0)), 0, 3);
  config.time_mask_frames = 40;
  expect_hidden(time_mask(config, at::tensor({20}, at::kLong), 24, draws(0.75, 0)), 0, 5);
  // At least one frame may always be hidden.
  config.time_mask_ratio = 0.01;
  expect_hidden(time_mask(config, at::tensor({20}, at::kLong), 24, draws(0.75, 0)), 0, 1);
}

TEST(SpecAugment, ZeroMeansNoMask) {
  const auto time = [](void (*change)(SpecAugmentConfig&)) {
    SpecAugmentConfig config;
    change(config);
    const auto drawn = draw_masks(config, 1, at::kCPU);
    return at::equal(time_mask(config, at::tensor({20}, at::kLong), 20, drawn), at::ones({1, 20}));
  };
  EXPECT_TRUE(time([](SpecAugmentConfig& c) { c.time_masks = 0; }));
  EXPECT_TRUE(time([](SpecAugmentConfig& c) { c.time_mask_ratio = 0; }));
  EXPECT_TRUE(time([](SpecAugmentConfig& c) {
    c.time_mask_frames = 0;
    c.dynamic_time_mask_frames = false;
  }));
  for (const auto field :
       {&SpecAugmentConfig::frequency_masks, &SpecAugmentConfig::frequency_mask_bins}) {
    SpecAugmentConfig config;
    config.*field = 0;
    EXPECT_TRUE(
        at::equal(frequency_mask(config, 80, draw_masks(config, 2, at::kCPU)), at::ones({2, 80})));
  }
}

TEST(SpecAugment, LongerExamplesUseMoreStretchesWhenCountedPerFrame) {
  SpecAugmentConfig config;
  config.time_masks = 4;
  config.time_mask_ratio = 0.1;
  config.time_masks_per_frame = 0.05;  // of 20 frames: one stretch; of 40: two
  MaskDraws given;
  given.time_lengths = at::full({2, 4}, 0.999);
  given.time_starts = at::tensor({0.0F, 0.25F, 0.5F, 0.75F}).expand({2, 4});
  const auto mask = time_mask(config, at::tensor({20, 40}, at::kLong), 40, given);
  auto expected = at::ones({2, 40});
  expected[0].slice(0, 0, 1).fill_(0);
  expected[1].slice(0, 0, 3).fill_(0);
  expected[1].slice(0, 9, 12).fill_(0);
  EXPECT_TRUE(at::equal(mask, expected)) << mask;
}

TEST(SpecAugment, HidesWithTheMeanAndDrawsFromTheDefaultGenerator) {
  const auto features = at::ones({3, 100, 80});
  const auto paddings = at::zeros({3, 100});
  at::manual_seed(5);
  const auto first = spec_augment({}, features, paddings);
  const auto second = spec_augment({}, features, paddings);
  at::manual_seed(5);
  EXPECT_TRUE(at::equal(spec_augment({}, features, paddings), first));
  EXPECT_FALSE(at::equal(first, second));
  EXPECT_TRUE(first.eq(0).logical_or(first.eq(1)).all().item<bool>());
  EXPECT_GT(first.eq(0).sum().item<std::int64_t>(), 0);
}

TEST(SpecAugment, BadFieldsAreNamed) {
  const struct {
    void (*change)(SpecAugmentConfig&);
    const char* message;
  } cases[] = {
      {[](SpecAugmentConfig& c) { c.frequency_masks = -1; },
       "SpecAugment: frequency_masks = -1; it must be at least 0"},
      {[](SpecAugmentConfig& c) { c.frequency_mask_bins = -2; }, "frequency_mask_bins = -2"},
      {[](SpecAugmentConfig& c) { c.time_masks = -1; }, "time_masks = -1"},
      {[](SpecAugmentConfig& c) { c.time_mask_frames = -1; }, "time_mask_frames = -1"},
      {[](SpecAugmentConfig& c) { c.time_mask_ratio = 1.5; },
       "time_mask_ratio = 1.5; it must be between 0 and 1"},
      {[](SpecAugmentConfig& c) { c.time_masks_per_frame = -0.5; }, "time_masks_per_frame = -0.5"},
  };
  for (const auto& c : cases) {
    SpecAugmentConfig config;
    c.change(config);
    try {
      validate(config);
      ADD_FAILURE() << "accepted: " << c.message;
    } catch (const workloads::ConfigError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

}  // namespace
}  // namespace timetrial::speech
