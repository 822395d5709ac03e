#include "harness/trial/diagnosis.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Diagnosis, IsNamedInAFixedOrder) {
  const auto diagnosis = diagnosis_of({"activations", "sharpness"});
  EXPECT_TRUE(diagnosis.sharpness);
  EXPECT_FALSE(diagnosis.gradients);
  EXPECT_TRUE(diagnosis.any());
  EXPECT_THAT(names_of(diagnosis), ElementsAre("sharpness", "activations"));
  EXPECT_FALSE(Diagnosis{}.any());
}

TEST(Diagnosis, IsRefusedUnknownOrEmpty) {
  for (const auto& [names, message] :
       {std::pair{std::vector<std::string>{"gradient"}, "unknown diagnosis 'gradient'"},
        std::pair{std::vector<std::string>{}, "diagnose names nothing"}}) {
    try {
      diagnosis_of(names);
      ADD_FAILURE() << "accepted";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }
}

}  // namespace
}  // namespace timetrial
