#pragma once

// The face of ground/files: the only door to the file system. Whatever goes wrong behind it is an
// accident and comes out as FileError.

#include "ground/files/folder.h"
#include "ground/files/file_handle.h"
#include "ground/files/local_object_store.h"
#include "ground/files/object_store.h"
#include "ground/files/segmented_object_store.h"
#include "ground/files/whole_file.h"
