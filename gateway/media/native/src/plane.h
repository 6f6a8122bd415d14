#pragma once
#include "srtp.h"
