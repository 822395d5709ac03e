# RDKit, which Debian ships without a CMake package: target RDKit::RDKit, with the parts that read SMILES and
# take molecules apart. Its headers need those of Boost.
find_path(RDKit_INCLUDE_DIR GraphMol/ROMol.h PATH_SUFFIXES rdkit)
find_path(RDKit_BOOST_INCLUDE_DIR boost/graph/adjacency_list.hpp)
set(_rdkit_libraries)
foreach(_part IN ITEMS ChemTransforms SmilesParse GraphMol RDGeometryLib RDGeneral)
  find_library(RDKit_${_part}_LIBRARY RDKit${_part})
  mark_as_advanced(RDKit_${_part}_LIBRARY)
  list(APPEND _rdkit_libraries RDKit_${_part}_LIBRARY)
endforeach()
mark_as_advanced(RDKit_INCLUDE_DIR RDKit_BOOST_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RDKit
  REQUIRED_VARS ${_rdkit_libraries} RDKit_INCLUDE_DIR RDKit_BOOST_INCLUDE_DIR
  REASON_FAILURE_MESSAGE
    "install the Debian packages librdkit-dev and libboost-dev (scripts/setup.sh does)")

if(RDKit_FOUND AND NOT TARGET RDKit::RDKit)
  add_library(RDKit::RDKit INTERFACE IMPORTED)
  foreach(_library IN LISTS _rdkit_libraries)
    target_link_libraries(RDKit::RDKit INTERFACE "${${_library}}")
  endforeach()
  target_include_directories(RDKit::RDKit SYSTEM INTERFACE
                             "${RDKit_INCLUDE_DIR}" "${RDKit_BOOST_INCLUDE_DIR}")
endif()
