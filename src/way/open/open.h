#pragma once

// The face of way/open: following the news, fetching and opening, and handing in the evidence.

#include "way/open/checking.h"
#include "way/open/fetching.h"
#include "way/open/handing_in.h"
#include "way/open/news_following.h"
