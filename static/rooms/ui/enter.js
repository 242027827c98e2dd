// The page that programs get for a link's preview. A person who sees it goes on to what the link leads to.

const url = new URL(location.href);
url.searchParams.set('enter', '');
location.replace(url);

export {};
