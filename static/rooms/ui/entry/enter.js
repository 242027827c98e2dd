// On the page that programs get for a link preview: takes a person on to the link's real page.

import { askedByScript } from '../../common/config.js';

location.replace(askedByScript(location.href));
