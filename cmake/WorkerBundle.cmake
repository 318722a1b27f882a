# worker_bundle: the source bundle that the Cluster page sends to a login node, at BUILD/worker/attune-worker.tar.gz. Part of
# every build where `./dev setup --worker` left the third-party sources.
set(_third_party ${CMAKE_SOURCE_DIR}/.deps/worker)
attune_glob(_bundled cmake/* core/*.h core/*.cpp app/cli/* app/module/* packaging/worker/*)
set(_archive ${CMAKE_BINARY_DIR}/worker/attune-worker.tar.gz)
add_custom_command(OUTPUT ${_archive}
  COMMAND ${CMAKE_SOURCE_DIR}/packaging/worker/make_bundle.sh ${_archive} ${_third_party}
  DEPENDS ${_bundled} ${CMAKE_SOURCE_DIR}/CMakeLists.txt ${CMAKE_SOURCE_DIR}/core/CMakeLists.txt ${CMAKE_SOURCE_DIR}/app/CMakeLists.txt
  VERBATIM COMMENT "Packing the worker's source bundle")
if(EXISTS ${_third_party}/sentencepiece)
  add_custom_target(worker_bundle ALL DEPENDS ${_archive})
else()
  add_custom_target(worker_bundle DEPENDS ${_archive})
endif()
