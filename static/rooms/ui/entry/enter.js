// The page that programs get for a link's preview. A person who sees it goes on to what the link leads to.

import { askedByScript } from '../../common/config.js';

location.replace(askedByScript(location.href));
