#include "tests/workloads/registry/registry_user.h"
#include "workloads/workload.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <stdexcept>

namespace timetrial::workloads {
namespace {

std::unique_ptr<Workload> make_nothing(int /*configuration*/) { return nullptr; }

TIMETRIAL_WORKLOAD("registry_test_base", make_nothing, 1);
TIMETRIAL_VARIANT("registry_test_base_variant", "registry_test_base", make_nothing, 2);

TEST(Registry, IsSortedByName) {
  const auto names = registered_names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_THAT(names, testing::IsSupersetOf({"registry_test_base", "registry_test_base_variant"}));
}

// The linker drops the registrars of a static library; those behind one must survive.
TEST(Registry, HoldsTheWorkloadsThatAStaticLibraryBroughtIn) {
  EXPECT_THAT(registered_names(),
              testing::IsSupersetOf({"fashion_mnist_vit", "fashion_mnist_vit_glu"}));
}

TEST(Registry, BaseAndVariantNameTheirBase) {
  EXPECT_EQ(find("registry_test_base").base, "registry_test_base");
  EXPECT_EQ(find("registry_test_base_variant").base, "registry_test_base");
}

TEST(Registry, UnknownNameGetsTheNearestKnownOnes) {
  try {
    find("registry_test_bass");
    FAIL() << "found a workload that does not exist";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("unknown workload 'registry_test_bass'; did you "
                                                 "mean registry_test_base"));
  }
}

TEST(Registry, RefusesANameTwice) {
  EXPECT_THROW(add({"registry_test_base", "registry_test_base", [] { return make_nothing(3); }}),
               std::logic_error);
}

}  // namespace
}  // namespace timetrial::workloads
