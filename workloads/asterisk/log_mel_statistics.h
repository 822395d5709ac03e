#pragma once
// Mean and standard deviation of each log-mel bin over the frames of the training clips that hold
// audio, which the front end normalises with. Data, measured once, so that the model stays a
// function of its configuration; a test measures them again (tests/workloads/asterisk).
//
// Unit    log of the energy in mel bins 0..39, see asterisk.h and workloads/speech/log_mel.h

#include <array>
#include <cstdint>

namespace timetrial::asterisk {

inline constexpr std::int64_t kMelBins = 40;

inline constexpr std::array<float, kMelBins> kLogMelMean = {
    -5.3347f, -4.7817f, -4.7680f, -4.9686f, -5.0176f, -5.1026f, -4.5103f, -4.7568f,
    -5.0370f, -5.4075f, -5.5329f, -5.4751f, -5.4068f, -5.3314f, -5.5087f, -5.8099f,
    -5.8663f, -5.9981f, -6.2491f, -6.3212f, -6.5134f, -6.3710f, -6.1572f, -6.0893f,
    -6.0694f, -5.9204f, -5.8492f, -5.7836f, -5.8533f, -5.8331f, -5.7284f, -5.9031f,
    -6.0402f, -5.9893f, -5.6927f, -5.4302f, -5.3676f, -5.4375f, -5.4643f, -5.4129f,
};

inline constexpr std::array<float, kMelBins> kLogMelStd = {
    3.9984f, 4.3753f, 4.3772f, 4.1673f, 4.1444f, 4.3404f, 4.5468f, 4.4504f, 4.2532f, 4.1193f,
    4.1788f, 4.2802f, 4.2612f, 4.1755f, 4.0525f, 3.9596f, 3.9756f, 3.9708f, 3.9461f, 3.9078f,
    3.8193f, 3.8438f, 3.9296f, 3.9926f, 4.0059f, 4.0215f, 4.0525f, 4.0654f, 4.0056f, 3.9922f,
    4.0735f, 4.0802f, 4.0325f, 4.0254f, 4.1484f, 4.2942f, 4.3301f, 4.2645f, 4.1857f, 4.1276f,
};

}  // namespace timetrial::asterisk
