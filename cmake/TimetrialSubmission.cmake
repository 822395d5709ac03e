# timetrial_add_submission(<name> SOURCES … [BASE …])
# A training algorithm: <name>.so, built against the SDK alone, in <build>/submissions. Installed with
# the package too, so that submissions outside the tree are built in the same way. Its search spaces lie
# beside it. BASE: the source of another submission, which one of SOURCES wraps
# (TIMETRIAL_TASK_METHOD in timetrial/task_wrapper.h) under this name.
function(timetrial_add_submission name)
  cmake_parse_arguments(arg "" "BASE" "SOURCES" ${ARGN})
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "timetrial_add_submission(${name}): SOURCES is missing")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  if(arg_BASE)
    # A target of its own: the same source may be a submission, and another one's base, in one folder.
    add_library(${name}_base OBJECT "${arg_BASE}")
    target_link_libraries(${name}_base PRIVATE Timetrial::sdk)
    target_compile_features(${name}_base PRIVATE cxx_std_20)
    target_compile_definitions(${name}_base PRIVATE TIMETRIAL_WRAPPED_BASE)
    set_target_properties(${name}_base PROPERTIES POSITION_INDEPENDENT_CODE ON
      CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}_base>)
    target_compile_definitions(${name} PRIVATE TIMETRIAL_WRAPPER_NAME="${name}")
  endif()
  target_link_libraries(${name} PRIVATE Timetrial::sdk Timetrial::optim)
  target_compile_features(${name} PRIVATE cxx_std_20)
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/submissions")
  # A symbol that nobody defines is the link's error here, not the loader's in the middle of a sweep.
  if(NOT TIMETRIAL_SANITIZER)
    target_link_options(${name} PRIVATE "LINKER:-z,defs")
  endif()
  # LibTorch is already loaded in the worker; a submission names it but must not carry a path to it.
  set_target_properties(${name} PROPERTIES SKIP_BUILD_RPATH ON)
  # search_space.json, and others called WORD.search_space.json.
  file(GLOB spaces RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" CONFIGURE_DEPENDS
       "${CMAKE_CURRENT_SOURCE_DIR}/search_space.json"
       "${CMAKE_CURRENT_SOURCE_DIR}/*.search_space.json")
  foreach(space IN LISTS spaces)
    configure_file("${CMAKE_CURRENT_SOURCE_DIR}/${space}"
                   "${CMAKE_BINARY_DIR}/submissions/${name}.${space}" COPYONLY)
  endforeach()
endfunction()
